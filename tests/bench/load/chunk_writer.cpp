#include "chunk_writer.hpp"

#include <algorithm>

namespace sluice::bench {
namespace {

constexpr std::uint32_t kExtended = 0xffffff;
constexpr std::uint8_t kContinuation = 0xc0;

void append_be(Bytes& out, std::uint32_t value, int bytes)
{
    while (bytes-- > 0) out.push_back(static_cast<std::uint8_t>(value >> (8 * bytes)));
}

}  // namespace

void append_message(Bytes& out, std::size_t chunk_size, std::uint32_t chunk_stream,
                    std::uint8_t type, std::uint32_t stream_id, std::uint32_t timestamp_ms,
                    View body)
{
    const bool extended = timestamp_ms >= kExtended;
    out.push_back(static_cast<std::uint8_t>(chunk_stream));
    append_be(out, extended ? kExtended : timestamp_ms, 3);
    append_be(out, static_cast<std::uint32_t>(body.size()), 3);
    out.push_back(type);
    for (int shift = 0; shift < 32; shift += 8) {  // the one little-endian field
        out.push_back(static_cast<std::uint8_t>(stream_id >> shift));
    }
    if (extended) append_be(out, timestamp_ms, 4);

    for (std::size_t at = 0; at < body.size();) {
        if (at > 0) {
            out.push_back(static_cast<std::uint8_t>(kContinuation | chunk_stream));
            if (extended) append_be(out, timestamp_ms, 4);
        }
        const auto part = body.subspan(at, std::min(chunk_size, body.size() - at));
        out.insert(out.end(), part.begin(), part.end());
        at += part.size();
    }
}

}  // namespace sluice::bench
