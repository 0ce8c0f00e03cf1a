#include "movie.hpp"

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

void file_type(std::initializer_list<std::string_view> brands, Bytes& bytes)
{
    const Box box(bytes, "ftyp");
    ByteWriter out(bytes);
    text(out, *brands.begin());
    out.u32(0);
    for (const auto brand : brands) text(out, brand);
}

void movie_fields(std::uint32_t next_track_id, Bytes& bytes)
{
    const Box box(bytes, "mvhd", 0, 0);
    ByteWriter out(bytes);
    words(out, {0, 0, kMovieTimescale, 0, kOne});
    out.u16(kFullVolume);
    out.u16(0);
    words(out, {0, 0});
    matrix(out);
    words(out, {0, 0, 0, 0, 0, 0, next_track_id});
}

void track_header(const media::Track& track, std::uint32_t id, Bytes& bytes)
{
    constexpr std::uint32_t enabled_in_movie = 3;
    const Box box(bytes, "tkhd", 0, enabled_in_movie);
    ByteWriter out(bytes);
    words(out, {0, 0, id, 0, 0, 0, 0});
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

Result<void> track_box(const media::Track& track, std::uint32_t id, Bytes& bytes)
{
    const Box box(bytes, "trak");
    track_header(track, id, bytes);
    const Box mdia(bytes, "mdia");
    media_header(track, bytes);
    handler(track, bytes);
    const Box minf(bytes, "minf");
    media_specific_header(track, bytes);
    data_information(bytes);
    return sample_table(track, bytes);
}

/// Every fragment says all there is to say of its samples.
void track_extends(std::uint32_t id, Bytes& bytes)
{
    const Box box(bytes, "trex", 0, 0);
    ByteWriter out(bytes);
    words(out, {id, 1, 0, 0, 0});
}

}  // namespace

Result<Bytes> movie_header(std::span<const media::Track* const> tracks,
                           std::initializer_list<std::string_view> brands)
{
    Bytes bytes;
    file_type(brands, bytes);
    const auto end_id = kTrackId + static_cast<std::uint32_t>(tracks.size());
    {
        const Box movie(bytes, "moov");
        movie_fields(end_id, bytes);
        auto id = kTrackId;
        for (const auto* track : tracks) {
            if (auto done = track_box(*track, id++, bytes); !done) {
                return tl::unexpected(done.error());
            }
        }
        const Box extends(bytes, "mvex");
        for (id = kTrackId; id < end_id; ++id) track_extends(id, bytes);
    }
    return bytes;
}

}  // namespace sluice::fmp4
