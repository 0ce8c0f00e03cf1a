#include "core/flv/enhanced.hpp"

namespace sluice::flv {
namespace {

constexpr std::uint8_t kOneTrack = 0;
constexpr std::size_t kLongModEx = 256;

}  // namespace

std::uint8_t skip_mod_ex(ByteReader& r, std::uint8_t packet_type)
{
    while (packet_type == kExModEx && r.ok()) {
        std::size_t size = r.u8() + 1U;
        if (size == kLongModEx) size = r.u16() + 1U;
        r.skip(size);
        packet_type = r.u8() & 0x0f;
    }
    return packet_type;
}

Result<ExHeader> read_ex_header(ByteReader& r, std::uint8_t packet_type, std::uint8_t multitrack)
{
    const bool with_track = packet_type == multitrack;
    if (with_track) {
        const auto layout = r.u8();
        packet_type = layout & 0x0f;
        if (!r.ok()) return r.fail(Errc::truncated, "flv multitrack header");
        if (layout >> 4 != kOneTrack) return r.fail(Errc::unsupported, "flv several tracks");
        if (packet_type == multitrack) return r.fail(Errc::malformed, "flv nested multitrack");
    }

    const auto codec = r.u32();
    const std::uint8_t track = with_track ? r.u8() : 0;
    if (!r.ok()) return r.fail(Errc::truncated, "flv enhanced header");
    if (track != 0) return r.fail(Errc::unsupported, "flv track other than 0");
    return ExHeader{packet_type, codec};
}

}  // namespace sluice::flv
