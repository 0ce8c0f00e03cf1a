#include "init_segment.hpp"

#include <initializer_list>
#include <string_view>

#include "box.hpp"
#include "sample_entry.hpp"

namespace sluice::fmp4 {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint32_t kMovieTimescale = 1000;
constexpr std::uint32_t kOne = 1U << 16;  // 1.0 in 16.16
constexpr std::uint16_t kFullVolume = 0x100;
constexpr std::uint16_t kUndetermined = 0x55c4;  // "und", five bits a letter

void words(ByteWriter& out, std::initializer_list<std::uint32_t> values)
{
    for (const auto value : values) out.u32(value);
}

void text(ByteWriter& out, std::string_view characters)
{
    out.bytes({reinterpret_cast<const std::uint8_t*>(characters.data()), characters.size()});
}

/// The unity matrix (ISO/IEC 14496-12, 6.2.2).
void matrix(ByteWriter& out)
{
    words(out, {kOne, 0, 0, 0, kOne, 0, 0, 0, kOne << 14});
}

/// Structural brand `cmfc` (ISO/IEC 23000-19, 7.2); `iso6` for tfdt and movie fragments.
void file_type(Bytes& bytes)
{
    const Box box(bytes, "ftyp");
    ByteWriter out(bytes);
    text(out, "iso6");
    out.u32(0);
    for (const auto* brand : {"iso6", "cmfc", "mp41"}) text(out, brand);
}

void movie_header(Bytes& bytes)
{
    const Box box(bytes, "mvhd", 0, 0);
    ByteWriter out(bytes);
    words(out, {0, 0, kMovieTimescale, 0, kOne});
    out.u16(kFullVolume);
    out.u16(0);
    words(out, {0, 0});
    matrix(out);
    words(out, {0, 0, 0, 0, 0, 0, kTrackId + 1});
}

void track_header(const media::Track& track, Bytes& bytes)
{
    constexpr std::uint32_t enabled_in_movie = 3;
    const Box box(bytes, "tkhd", 0, enabled_in_movie);
    ByteWriter out(bytes);
    words(out, {0, 0, kTrackId, 0, 0, 0, 0});
    out.u32(0);  // layer and alternate group
    out.u16(track.kind == media::Kind::audio ? kFullVolume : 0);
    out.u16(0);
    matrix(out);
    words(out, {track.width << 16, track.height << 16});
}

void media_header(const media::Track& track, Bytes& bytes)
{
    const Box box(bytes, "mdhd", 0, 0);
    ByteWriter out(bytes);
    words(out, {0, 0, track.timescale, 0});
    out.u16(kUndetermined);
    out.u16(0);
}

void handler(const media::Track& track, Bytes& bytes)
{
    const Box box(bytes, "hdlr", 0, 0);
    ByteWriter out(bytes);
    out.u32(0);
    text(out, track.kind == media::Kind::video ? "vide" : "soun");
    words(out, {0, 0, 0});
    out.u8(0);  // no name
}

void media_specific_header(const media::Track& track, Bytes& bytes)
{
    if (track.kind == media::Kind::video) {
        const Box box(bytes, "vmhd", 0, 1);
        ByteWriter out(bytes);
        words(out, {0, 0});
        return;
    }
    const Box box(bytes, "smhd", 0, 0);
    ByteWriter out(bytes);
    out.u32(0);
}

/// The media lies in the file itself.
void data_information(Bytes& bytes)
{
    const Box box(bytes, "dinf");
    const Box references(bytes, "dref", 0, 0);
    ByteWriter out(bytes);
    out.u32(1);
    const Box url(bytes, "url ", 0, 1);
}

/// Only the sample entry says something: all samples are in fragments.
Result<void> sample_table(const media::Track& track, Bytes& bytes)
{
    const Box table(bytes, "stbl");
    {
        const Box box(bytes, "stsd", 0, 0);
        ByteWriter out(bytes);
        out.u32(1);
        if (auto entry = append_sample_entry(track, bytes); !entry) return entry;
    }
    for (const auto* type : {"stts", "stsc", "stsz", "stco"}) {
        const Box box(bytes, type, 0, 0);
        ByteWriter out(bytes);
        if (std::string_view(type) == "stsz") out.u32(0);
        out.u32(0);
    }
    return {};
}

Result<void> track_box(const media::Track& track, Bytes& bytes)
{
    const Box box(bytes, "trak");
    track_header(track, bytes);
    const Box mdia(bytes, "mdia");
    media_header(track, bytes);
    handler(track, bytes);
    const Box minf(bytes, "minf");
    media_specific_header(track, bytes);
    data_information(bytes);
    return sample_table(track, bytes);
}

/// Every fragment says all there is to say of its samples.
void track_extends(Bytes& bytes)
{
    const Box extends(bytes, "mvex");
    const Box box(bytes, "trex", 0, 0);
    ByteWriter out(bytes);
    words(out, {kTrackId, 1, 0, 0, 0});
}

}  // namespace

Result<Bytes> init_segment(const media::Track& track)
{
    Bytes bytes;
    file_type(bytes);
    {
        const Box movie(bytes, "moov");
        movie_header(bytes);
        if (auto done = track_box(track, bytes); !done) return tl::unexpected(done.error());
        track_extends(bytes);
    }
    return bytes;
}

}  // namespace sluice::fmp4
