#include "flv_format.hpp"

namespace sluice::bench {
namespace {

void append_be(Bytes& out, std::uint32_t value, int bytes)
{
    while (bytes-- > 0) out.push_back(static_cast<std::uint8_t>(value >> (8 * bytes)));
}

}  // namespace

void append_flv_header(Bytes& out)
{
    out.insert(out.end(), {'F', 'L', 'V', 1, 5, 0, 0, 0, 9, 0, 0, 0, 0});
}

void append_tag(Bytes& out, MediaType type, std::uint32_t timestamp_ms, View body)
{
    const auto size = static_cast<std::uint32_t>(body.size());
    out.push_back(static_cast<std::uint8_t>(type));
    append_be(out, size, 3);
    append_be(out, timestamp_ms & 0xffffff, 3);
    append_be(out, timestamp_ms >> 24, 1);
    append_be(out, 0, 3);
    out.insert(out.end(), body.begin(), body.end());
    append_be(out, size + kTagHeaderBytes, 4);
}

}  // namespace sluice::bench
