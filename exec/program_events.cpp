#include "program_events.hpp"

#include <unistd.h>

#include <array>
#include <string_view>

namespace sluice::exec {
namespace {

constexpr unsigned kEachSecond = 10;
constexpr std::size_t kBlock = 64u << 10;

}  // namespace

using process::Pipe;

ProgramEvents::ProgramEvents()
{
    pipe_.never_wait(Pipe::reading);
}

void ProgramEvents::read(const Control& control, std::int64_t now_ms)
{
    static std::array<char, kBlock> block;
    const auto got = ::read(pipe_.end(Pipe::reading), block.data(), block.size());
    if (got == 0) pipe_.close(Pipe::reading);
    if (got <= 0) return;
    lines_.add({block.data(), static_cast<std::size_t>(got)}, [&](std::string_view line, bool cut) {
        if (!cut) take(line, control, now_ms);
    });
}

void ProgramEvents::take(std::string_view line, const Control& control, std::int64_t now_ms)
{
    const auto event = hook::read_event(line);
    if (!event) return;
    if (now_ms / 1000 != second_) told_ = 0;
    second_ = now_ms / 1000;
    if (told_++ < kEachSecond) control.tell(*event);
}

}  // namespace sluice::exec
