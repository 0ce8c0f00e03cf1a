#include "fragment.hpp"

#include <array>

#include "box.hpp"

namespace sluice::fmp4 {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint32_t kBoxHead = 8;

// ISO/IEC 14496-12, 8.8.7 and 8.8.8.
constexpr std::uint32_t kDefaultBaseIsMoof = 0x02'0000;
constexpr std::uint32_t kDefaultFlags = 0x20;
constexpr std::uint32_t kDataOffset = 0x1;
constexpr std::uint32_t kDurations = 0x100;
constexpr std::uint32_t kSizes = 0x200;
constexpr std::uint32_t kFlags = 0x400;
constexpr std::uint32_t kCompositions = 0x800;

// 8.8.3.1: needs no other sample; needs others and is no sync sample.
constexpr std::uint32_t kSync = 0x0200'0000;
constexpr std::uint32_t kNoSync = 0x0101'0000;

/// Where the offset to the media is to be filled in, once the size of `moof` is known.
std::size_t append_run(const Fragment& fragment, Bytes& bytes)
{
    const bool video = fragment.kind == media::Kind::video;
    const std::uint32_t flags =
        kDataOffset | kDurations | kSizes | (video ? kFlags | kCompositions : 0);
    const Box box(bytes, "trun", 1, flags);
    ByteWriter out(bytes);
    out.u32(static_cast<std::uint32_t>(fragment.samples.size()));
    const auto offset_at = bytes.size();
    out.u32(0);
    for (const auto& sample : fragment.samples) {
        out.u32(sample.duration);
        out.u32(sample.size);
        if (!video) continue;
        out.u32(sample.sync ? kSync : kNoSync);
        out.u32(static_cast<std::uint32_t>(sample.composition));
    }
    return offset_at;
}

std::size_t append_track_fragment(const Fragment& fragment, Bytes& bytes)
{
    const Box box(bytes, "traf");
    const bool video = fragment.kind == media::Kind::video;
    {
        const Box header(bytes, "tfhd", 0, kDefaultBaseIsMoof | (video ? 0 : kDefaultFlags));
        ByteWriter out(bytes);
        out.u32(fragment.track_id);
        if (!video) out.u32(kSync);
    }
    {
        const Box time(bytes, "tfdt", 1, 0);
        ByteWriter(bytes).u64(fragment.decode_time);
    }
    return append_run(fragment, bytes);
}

}  // namespace

void append_fragment_head(const Fragment& fragment, Bytes& out)
{
    const auto start = out.size();
    std::size_t offset_at = 0;
    {
        const Box moof(out, "moof");
        {
            const Box header(out, "mfhd", 0, 0);
            ByteWriter(out).u32(fragment.sequence);
        }
        offset_at = append_track_fragment(fragment, out);
    }
    put_u32(out, offset_at, static_cast<std::uint32_t>(out.size() - start) + kBoxHead);

    std::uint64_t media = kBoxHead;
    for (const auto& sample : fragment.samples) media += sample.size;
    ByteWriter writer(out);
    writer.u32(static_cast<std::uint32_t>(media));
    writer.bytes(std::array<std::uint8_t, 4>{'m', 'd', 'a', 't'});
}

}  // namespace sluice::fmp4
