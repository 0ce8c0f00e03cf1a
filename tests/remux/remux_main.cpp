// remux FILE.flv FOLDER [SEGMENT_MS PART_MS]: the file as CMAF with low-latency playlists and as
// MPEG-TS, made by the packager's own parts. Prints one JSON line about it.
// remux --feed FILE.flv FILE.mp4: the file as a hook's process gets it.
// remux --returned FILE.mp4 FILE.flv [shifted]: what a hook's process wrote, as it is published.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/flv/tag.hpp"
#include "core/fmp4/init_segment.hpp"
#include "core/hls/media_playlist.hpp"
#include "core/hls/multivariant.hpp"
#include "core/media/unit_reader.hpp"
#include "core/mpegts/muxer.hpp"
#include "core/package/boundaries.hpp"
#include "core/package/cmaf_track.hpp"
#include "core/package/part_target.hpp"
#include "through_hook.hpp"

namespace {

namespace fs = std::filesystem;
using namespace sluice;
using Bytes = std::vector<std::uint8_t>;

constexpr std::int64_t kTick = media::kVideoTimescale / 1000;
constexpr std::uint64_t kFirst = 100;
constexpr std::uint64_t kMicroseconds = 1'000'000;

void write(const fs::path& path, const Bytes& bytes, bool append)
{
    std::ofstream file(path, append ? std::ios::binary | std::ios::app : std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
}

/// One track's folder and playlist.
struct TrackOut {
    fs::path folder;
    media::Track track;
    package::CmafTrack cmaf;
    std::vector<hls::Segment> segments;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> lengths;  ///< of the parts of each segment
    std::uint64_t sequence = kFirst;

    std::uint64_t us(std::uint64_t units) const { return units * kMicroseconds / track.timescale; }

    void begin(const package::Boundary& boundary)
    {
        sequence = boundary.sequence;
        segments.push_back({.uri = std::to_string(sequence) + ".m4s",
                            .independent = boundary.independent,
                            .map = "init.mp4"});
    }

    void chunk(const package::Chunk& chunk)
    {
        auto& segment = segments.back();
        auto bytes = chunk.head;
        bytes.insert(bytes.end(), chunk.media.begin(), chunk.media.end());
        write(folder / segment.uri, bytes, true);
        const auto name =
            std::to_string(sequence) + "." + std::to_string(segment.parts.size()) + ".m4s";
        write(folder / name, bytes, false);
        segment.parts.push_back(
            {name, static_cast<std::uint32_t>(us(chunk.duration)), chunk.independent});
        segment.duration_us += static_cast<std::uint32_t>(us(chunk.duration));
    }

    void take(const package::CmafStep& step)
    {
        if (step.last_chunk) chunk(*step.last_chunk);
        if (step.began) begin(*step.began);
        if (step.late) chunk(*step.late);
        if (step.chunk) chunk(*step.chunk);
    }
};

class Remux {
public:
    Remux(fs::path folder, std::int64_t segment_ms, std::int64_t part_ms)
        : folder_(std::move(folder)),
          part_ms_(part_ms),
          boundaries_({segment_ms * kTick, 3 * segment_ms * kTick}, kFirst)
    {}

    void message(flv::TagType type, std::span<const std::uint8_t> body, std::int64_t dts_ms)
    {
        if (type == flv::TagType::script) return;
        const bool video = type == flv::TagType::video;
        const auto found =
            video ? reader_.read_video(body, dts_ms) : reader_.read_audio(body, dts_ms);
        if (!found) return fail(found.error());
        if (found->unit) unit(found->kind, *found->unit);
    }

    void finish()
    {
        for (auto& [kind, out] : tracks_) {
            if (auto rest = out.cmaf.finish()) out.chunk(*rest);
            const hls::MediaPlaylist playlist{
                .target_duration_s = 6,
                .part_target_us = static_cast<std::uint32_t>(part_ms_ * 1000),
                .sequence = kFirst,
                .segments = out.segments,
                .ended = true};
            text(out.folder / "live.m3u8", hls::render(playlist));
        }
        hls::MediaPlaylist ts{
            .target_duration_s = 6, .sequence = kFirst, .segments = ts_, .ended = true};
        if (!ts_.empty()) text(folder_ / "live.m3u8", hls::render(ts));
        std::printf("{\"video\": %d, \"audio\": %d, \"segments\": %zu}\n", units_[0], units_[1],
                    cuts_);
    }

private:
    static void fail(const Error& error)
    {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(error.where.size()), error.where.data());
        std::exit(1);
    }

    static void text(const fs::path& path, const std::string& content)
    {
        std::ofstream(path) << content;
    }

    TrackOut& out_of(media::Kind kind, const media::AccessUnit& first)
    {
        const auto found = tracks_.find(kind);
        if (found != tracks_.end()) return found->second;
        const auto& track = *reader_.track(kind);
        const auto folder = folder_ / (kind == media::Kind::video ? "v" : "a");
        fs::create_directories(folder);
        const auto init = fmp4::init_segment(track);
        if (!init) fail(init.error());
        write(folder / "init.mp4", *init, false);
        const auto asked = static_cast<std::uint64_t>(part_ms_) * track.timescale / 1000;
        package::CmafTrack cmaf(track, package::part_target(asked, first.duration));
        auto& out =
            tracks_.emplace(kind, TrackOut{folder, track, std::move(cmaf), {}, {}}).first->second;
        if (boundaries_.open()) (void)out.cmaf.cut_at(*boundaries_.open());
        return out;
    }

    void unit(media::Kind kind, const media::AccessUnit& unit)
    {
        ++units_[static_cast<std::size_t>(kind)];
        if (kind == media::Kind::video) {
            if (const auto cut = boundaries_.before({.dts = unit.dts,
                                                     .duration = unit.duration,
                                                     .key = unit.key,
                                                     .composition = unit.composition})) {
                ++cuts_;
                for (auto& [other, out] : tracks_) (void)out.cmaf.cut_at(*cut);
                next_ts(*cut);
            }
        } else if (!boundaries_.open()) {
            return;  // sound before the first picture
        }
        auto& out = out_of(kind, unit);
        out.take(out.cmaf.add(unit));
        if (muxer_) mux(kind, unit);
    }

    void next_ts(const package::Boundary& cut)
    {
        if (!muxer_) {
            auto made = mpegts::Muxer::make(reader_.track(media::Kind::video),
                                            reader_.track(media::Kind::audio));
            if (made) muxer_.emplace(std::move(*made));
        }
        if (!muxer_) return;
        if (!ts_.empty()) {
            ts_.back().duration_us = static_cast<std::uint32_t>((cut.time - ts_began_) * 100 / 9);
        }
        ts_began_ = cut.time;
        ts_.push_back({.uri = std::to_string(cut.sequence) + ".ts", .duration_us = 1'000'000});
        Bytes bytes;
        muxer_->append_tables(bytes);
        write(folder_ / ts_.back().uri, bytes, false);
    }

    void mux(media::Kind kind, const media::AccessUnit& unit)
    {
        Bytes bytes;
        const auto done = kind == media::Kind::video ? muxer_->append_video(unit, bytes)
                                                     : muxer_->append_audio({&unit, 1}, bytes);
        if (!done) fail(done.error());
        write(folder_ / ts_.back().uri, bytes, true);
    }

    fs::path folder_;
    std::int64_t part_ms_;
    media::UnitReader reader_;
    package::Boundaries boundaries_;
    std::map<media::Kind, TrackOut> tracks_;
    std::optional<mpegts::Muxer> muxer_;
    std::vector<hls::Segment> ts_;
    std::int64_t ts_began_ = 0;
    std::size_t cuts_ = 0;
    int units_[2]{};
};

}  // namespace

int main(int count, char** arguments)
{
    const std::string mode = count > 1 ? arguments[1] : "";
    if (mode == "--feed" && count == 4) return remux::feed(arguments[2], arguments[3]);
    if (mode == "--returned" && count >= 4) {
        return remux::returned(arguments[2], arguments[3], count == 5);
    }
    if (count != 3 && count != 5) return 2;
    fs::create_directories(arguments[2]);
    Remux packaged(arguments[2], count == 5 ? std::atoi(arguments[3]) : 2000,
                   count == 5 ? std::atoi(arguments[4]) : 200);
    const bool whole = remux::for_each_tag(
        arguments[1], [&](flv::TagType type, std::span<const std::uint8_t> body,
                          std::int64_t dts_ms) { packaged.message(type, body, dts_ms); });
    if (!whole) return 1;
    packaged.finish();
    return 0;
}
