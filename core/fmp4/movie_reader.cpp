#include "movie_reader.hpp"

#include <algorithm>
#include <utility>

#include "box_reader.hpp"
#include "sample_entry_reader.hpp"

namespace sluice::fmp4 {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::int64_t kLongestShift = std::int64_t{1} << 40;
constexpr std::uint64_t kLongestDelay = 86'400;  // seconds; more than a day is not meant

tl::unexpected<Error> malformed(std::string_view where)
{
    return tl::unexpected(Error{Errc::malformed, where});
}

/// mvhd and mdhd alike (ISO/IEC 14496-12, 8.2.2 and 8.4.2): 0 when it can't be read.
std::uint32_t timescale_of(Bytes header)
{
    ByteReader in(header);
    in.skip(read_full_box(in).version == 1 ? 16 : 8);
    return in.u32();
}

/// 8.3.2: 0 is no number of a track.
std::uint32_t track_id_of(Bytes header)
{
    ByteReader in(header);
    in.skip(read_full_box(in).version == 1 ? 16 : 8);
    return in.u32();
}

/// What an edit list (8.6.6) adds to the times of a track: empty edits come first and delay it,
/// then the first edit says which media time it begins with. Later ones are left alone.
std::int64_t shift_of(Bytes edit_list, std::uint32_t movie_timescale, std::uint32_t timescale)
{
    ByteReader in(edit_list);
    const bool wide = read_full_box(in).version == 1;
    std::int64_t delay = 0;
    for (auto edits = in.u32(); edits > 0 && in.ok(); --edits) {
        const auto duration = wide ? in.u64() : in.u32();
        const auto time =
            wide ? static_cast<std::int64_t>(in.u64()) : static_cast<std::int32_t>(in.u32());
        in.skip(4);
        if (!in.ok()) break;
        if (time >= 0) return delay - std::min(time, kLongestShift);
        if (movie_timescale == 0 || duration / movie_timescale > kLongestDelay) continue;
        const auto seconds = duration / movie_timescale;
        const auto rest = duration % movie_timescale * timescale / movie_timescale;
        delay =
            std::min(delay + static_cast<std::int64_t>(seconds * timescale + rest), kLongestShift);
    }
    return delay;
}

media::Kind kind_of(std::uint32_t handler)
{
    return handler == box_type("vide") ? media::Kind::video : media::Kind::audio;
}

Result<MovieTrack> read_track(Bytes trak, std::uint32_t movie_timescale)
{
    MovieTrack out;
    out.id = track_id_of(find_box(trak, box_type("tkhd")));
    const auto mdia = find_box(trak, box_type("mdia"));
    const auto timescale = timescale_of(find_box(mdia, box_type("mdhd")));
    if (out.id == 0 || timescale == 0) return malformed("mp4 track header");
    out.track.timescale = timescale;
    const auto edits = find_box(find_box(trak, box_type("edts")), box_type("elst"));
    out.shift = shift_of(edits, movie_timescale, timescale);

    ByteReader handler(find_box(mdia, box_type("hdlr")));
    handler.skip(8);
    const auto type = handler.u32();
    if (type != box_type("vide") && type != box_type("soun")) return out;
    const auto table = find_box(find_box(mdia, box_type("minf")), box_type("stbl"));
    auto track = read_sample_entry(kind_of(type), find_box(table, box_type("stsd")));
    if (!track) return out;
    out.known = true;
    out.track = std::move(*track);
    out.track.timescale = timescale;
    return out;
}

/// 8.8.3.
void read_defaults(Bytes mvex, std::span<MovieTrack> tracks)
{
    BoxReader boxes(mvex);
    while (const auto box = boxes.next(box_type("trex"))) {
        ByteReader in(*box);
        in.skip(4);
        const auto id = in.u32();
        const SampleDefaults defaults{in.u32(), in.u32(), in.u32(), in.u32()};
        const auto track = std::ranges::find(tracks, id, &MovieTrack::id);
        if (in.ok() && track != tracks.end()) track->defaults = defaults;
    }
}

}  // namespace

Result<std::vector<MovieTrack>> read_movie(Bytes moov)
{
    std::vector<MovieTrack> tracks;
    const auto timescale = timescale_of(find_box(moov, box_type("mvhd")));
    BoxReader boxes(moov);
    while (const auto trak = boxes.next(box_type("trak"))) {
        auto track = read_track(*trak, timescale);
        if (!track) return tl::unexpected(track.error());
        if (std::ranges::find(tracks, track->id, &MovieTrack::id) != tracks.end()) {
            return malformed("mp4 track that is there twice");
        }
        tracks.push_back(std::move(*track));
    }
    if (!boxes.ok()) return malformed("mp4 movie header");
    const auto mvex = BoxReader(moov).next(box_type("mvex"));
    if (!mvex) return tl::unexpected(Error{Errc::unsupported, "mp4 without fragments"});
    read_defaults(*mvex, tracks);
    if (std::ranges::none_of(tracks, &MovieTrack::known)) {
        return tl::unexpected(Error{Errc::unsupported, "mp4 without a track that is known"});
    }
    return tracks;
}

}  // namespace sluice::fmp4
