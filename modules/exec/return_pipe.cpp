#include "return_pipe.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

namespace sluice::ngx {
namespace {

constexpr std::size_t kBuffer = 256UL * 1024;
constexpr int kReadsInATurn = 8;

}  // namespace

ReturnPipe::ReturnPipe(int fd, bool shifted, Take take) : returned_(shifted), take_(std::move(take))
{
    if (!pipe_.open(fd, Descriptor::For::reading, *this)) state_ = State::ended;
}

void ReturnPipe::ready(Descriptor&)
{
    static std::vector<std::uint8_t> buffer(kBuffer);
    for (int reads = 0; state_ == State::open; ++reads) {
        if (reads == kReadsInATurn) return pipe_.again_later();
        const auto size = ::read(pipe_.fd(), buffer.data(), buffer.size());
        if (size > 0) {
            take({buffer.data(), static_cast<std::size_t>(size)});
            continue;
        }
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
        state_ = State::ended;
    }
    pipe_.close();
}

void ReturnPipe::take(std::span<const std::uint8_t> bytes)
{
    bytes_ += bytes.size();
    now_us_ = mono_us();
    const auto done = returned_.take(bytes, *this);
    if (done) return;
    state_ = State::garbage;
    complaint_ = done.error().where;
}

void ReturnPipe::message(const hook::ReturnedMessage& message)
{
    if (!message.config) ++frames_;
    const std::array<std::span<const std::uint8_t>, 2> pieces{message.head, message.data};
    take_(
        {.type = message.type, .pieces = pieces, .size = message.head.size() + message.data.size()},
        {.dts_ms = message.dts_ms,
         .key = message.key,
         .header = message.config,
         .mono_us = now_us_});
}

}  // namespace sluice::ngx
