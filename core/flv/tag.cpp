#include "core/flv/tag.hpp"

#include "core/base/byte_reader.hpp"
#include "core/base/byte_writer.hpp"

namespace sluice::flv {
namespace {

constexpr std::uint8_t kFilterBit = 0x20;
constexpr std::uint8_t kTypeMask = 0x1f;

bool is_known(std::uint8_t type)
{
    switch (static_cast<TagType>(type)) {
        case TagType::audio:
        case TagType::video:
        case TagType::script:
            return true;
    }
    return false;
}

}  // namespace

void write_tag_header(std::span<std::uint8_t, kTagHeaderSize> out, const TagHeader& header)
{
    SpanWriter w(out);
    w.u8(static_cast<std::uint8_t>(header.type));
    w.u24(header.size);
    w.u24(header.timestamp_ms);
    w.u8(static_cast<std::uint8_t>(header.timestamp_ms >> 24));
    w.u24(0);  // stream id, always 0 in a file
}

Result<TagHeader> parse_tag_header(std::span<const std::uint8_t> in)
{
    ByteReader r(in);
    const auto type = r.u8();
    const auto size = r.u24();
    const auto low = r.u24();
    const std::uint32_t high = r.u8();
    r.skip(3);

    if (!r.ok()) return r.fail(Errc::truncated, "flv tag header");
    if ((type & kFilterBit) != 0) return r.fail(Errc::unsupported, "flv encrypted tag");
    if (!is_known(type & kTypeMask)) return r.fail(Errc::malformed, "flv tag type");
    return TagHeader{.type = static_cast<TagType>(type & kTypeMask),
                     .size = size,
                     .timestamp_ms = high << 24 | low};
}

std::array<std::uint8_t, 13> file_header(bool audio, bool video)
{
    const auto flags = static_cast<std::uint8_t>((audio ? 4 : 0) | (video ? 1 : 0));
    return {'F', 'L', 'V', 1, flags, 0, 0, 0, 9, 0, 0, 0, 0};
}

}  // namespace sluice::flv
