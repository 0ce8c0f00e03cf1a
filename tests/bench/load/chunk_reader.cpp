#include "chunk_reader.hpp"

#include <algorithm>

#include "chunk_writer.hpp"

namespace sluice::bench {
namespace {

constexpr std::uint32_t kExtended = 0xffffff;
constexpr std::size_t kMaxMessage = 1 << 20;
constexpr std::array<std::size_t, 4> kHeaderBytes{11, 7, 3, 0};

std::uint32_t be24(const std::uint8_t* at)
{
    return std::uint32_t{at[0]} << 16 | std::uint32_t{at[1]} << 8 | at[2];
}

}  // namespace

/// Takes one chunk off the input; 0 when it is not complete yet.
Result<std::size_t> ChunkReader::read_chunk()
{
    if (in_.empty()) return 0;
    const auto format = in_[0] >> 6;
    current_ = in_[0] & 0x3f;
    if (current_ < 2) return fail("the server uses a chunk stream beyond 63");

    auto& stream = streams_[current_];
    auto need = 1 + kHeaderBytes[format];
    if (in_.size() < need) return 0;
    const bool extended = format == 3 ? stream.extended : be24(in_.data() + 1) == kExtended;
    if (extended) need += 4;
    const auto length = format <= 1 ? be24(in_.data() + 4) : stream.length;
    if (length > kMaxMessage) return fail("the server sent a message that is too long");

    const auto part = std::min(chunk_size_, length - stream.body.size());
    if (in_.size() < need + part) return 0;
    if (format <= 1) stream.type = in_[7];
    stream.length = length;
    stream.extended = extended;
    const auto body = View(in_).subspan(need, part);
    stream.body.insert(stream.body.end(), body.begin(), body.end());
    in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(need + part));
    return need + part;
}

std::optional<RtmpMessage> ChunkReader::finish(ChunkStream& stream)
{
    if (stream.body.size() < stream.length) return {};
    RtmpMessage message{stream.type, std::move(stream.body)};
    stream.body.clear();
    if (message.type == rtmp::kSetChunkSize && message.body.size() >= 4) {
        chunk_size_ = std::max<std::size_t>(1, be24(message.body.data() + 1));
    }
    return message;
}

Result<std::optional<RtmpMessage>> ChunkReader::next()
{
    for (;;) {
        const auto taken = read_chunk();
        if (!taken) return tl::unexpected(taken.error());
        if (*taken == 0) return std::nullopt;
        if (auto message = finish(streams_[current_])) return message;
    }
}

}  // namespace sluice::bench
