#include "fragment_reader.hpp"

#include <algorithm>

#include "box_reader.hpp"

namespace sluice::fmp4 {
namespace {

using Bytes = std::span<const std::uint8_t>;

// ISO/IEC 14496-12, 8.8.7.
constexpr std::uint32_t kBaseDataOffset = 0x1;
constexpr std::uint32_t kDescription = 0x2;
constexpr std::uint32_t kDefaultDuration = 0x8;
constexpr std::uint32_t kDefaultSize = 0x10;
constexpr std::uint32_t kDefaultFlags = 0x20;
constexpr std::uint32_t kDefaultBaseIsMoof = 0x02'0000;
// 8.8.8.
constexpr std::uint32_t kDataOffset = 0x1;
constexpr std::uint32_t kFirstFlags = 0x4;
constexpr std::uint32_t kDurations = 0x100;
constexpr std::uint32_t kSizes = 0x200;
constexpr std::uint32_t kFlags = 0x400;
constexpr std::uint32_t kCompositions = 0x800;

// 8.8.3.1: is no sync sample; needs others.
constexpr std::uint32_t kNoSync = 0x0101'0000;

constexpr std::uint64_t kFarthest = std::uint64_t{1} << 56;  // no file has more bytes or time
constexpr std::uint64_t kLongest = std::uint64_t{1} << 40;   // seconds

tl::unexpected<Error> malformed(std::string_view where)
{
    return tl::unexpected(Error{Errc::malformed, where});
}

std::int64_t to_us(std::int64_t time, std::int64_t timescale)
{
    constexpr std::int64_t us = 1'000'000;
    return time / timescale * us + time % timescale * us / timescale;
}

/// Reads the track fragments of one movie fragment, whose places depend on each other.
class FragmentReader {
public:
    FragmentReader(std::uint64_t start, std::span<OpenTrack> tracks,
                   std::vector<AnnouncedSample>& out)
        : start_(start), end_(start), tracks_(tracks), out_(out)
    {}

    Result<void> read_track(Bytes traf)
    {
        ByteReader header(find_box(traf, box_type("tfhd")));
        if (auto done = read_header(header); !done) return done;
        if (const auto time = BoxReader(traf).next(box_type("tfdt"))) {
            ByteReader in(*time);
            track_->next_time = read_full_box(in).version == 1 ? in.u64() : in.u32();
            if (!in.ok()) return malformed("mp4 decode time");
        }
        BoxReader boxes(traf);
        while (const auto run = boxes.next(box_type("trun"))) {
            if (auto done = read_run(ByteReader(*run)); !done) return done;
        }
        if (!boxes.ok()) return malformed("mp4 track fragment");
        return {};
    }

private:
    Result<void> read_header(ByteReader& in)
    {
        const auto flags = read_full_box(in).flags;
        const auto id = in.u32();
        const auto track = std::ranges::find(tracks_, id, [](const auto& t) { return t.movie.id; });
        if (!in.ok() || track == tracks_.end()) return malformed("mp4 track fragment header");
        track_ = &*track;
        defaults_ = track_->movie.defaults;
        // Where nothing is said, a track's media follows that of the track before (8.8.7.1).
        if ((flags & kBaseDataOffset) != 0) {
            end_ = in.u64();
        } else if ((flags & kDefaultBaseIsMoof) != 0) {
            end_ = start_;
        }
        base_ = end_;
        if ((flags & kDescription) != 0) defaults_.description = in.u32();
        if ((flags & kDefaultDuration) != 0) defaults_.duration = in.u32();
        if ((flags & kDefaultSize) != 0) defaults_.size = in.u32();
        if ((flags & kDefaultFlags) != 0) defaults_.flags = in.u32();
        if (!in.ok() || base_ > kFarthest) return malformed("mp4 track fragment header");
        if (defaults_.description > 1) {
            return tl::unexpected(Error{Errc::unsupported, "mp4 several sample descriptions"});
        }
        return {};
    }

    Result<void> read_run(ByteReader in)
    {
        const auto flags = read_full_box(in).flags;
        const auto count = in.u32();
        if ((flags & kDataOffset) != 0) {
            end_ = base_ + static_cast<std::uint64_t>(static_cast<std::int32_t>(in.u32()));
        }
        auto first_flags = defaults_.flags;
        if ((flags & kFirstFlags) != 0) first_flags = in.u32();
        if (!in.ok() || end_ > kFarthest) return malformed("mp4 track run");
        counted_ += count;
        if (counted_ > kMaxAnnounced) {
            return tl::unexpected(Error{Errc::limit, "mp4 samples in a fragment"});
        }
        for (std::uint32_t i = 0; i < count; ++i) {
            const auto usual = i == 0 ? first_flags : defaults_.flags;
            if (auto done = read_sample(in, flags, usual); !done) return done;
        }
        return {};
    }

    Result<void> read_sample(ByteReader& in, std::uint32_t run, std::uint32_t usual_flags)
    {
        AnnouncedSample sample{.offset = end_, .track_id = track_->movie.id};
        sample.duration = (run & kDurations) != 0 ? in.u32() : defaults_.duration;
        sample.size = (run & kSizes) != 0 ? in.u32() : defaults_.size;
        const auto flags = (run & kFlags) != 0 ? in.u32() : usual_flags;
        // Unsigned in version 0, but nobody means more than 2^31 by it.
        if ((run & kCompositions) != 0) sample.composition = static_cast<std::int32_t>(in.u32());
        sample.sync = (flags & kNoSync) == 0;
        const auto time = track_->next_time;
        if (!in.ok()) return malformed("mp4 track run");
        if (time > kFarthest || time / track_->movie.track.timescale > kLongest) {
            return malformed("mp4 decode time");
        }
        sample.dts = static_cast<std::int64_t>(time) + track_->movie.shift;
        sample.us = to_us(sample.dts, track_->movie.track.timescale);
        track_->next_time = time + sample.duration;
        end_ += sample.size;
        if (!track_->movie.known || sample.size == 0) return {};
        if (sample.size > kMaxSample) {
            return tl::unexpected(Error{Errc::limit, "mp4 sample"});
        }
        out_.push_back(sample);
        return {};
    }

    std::uint64_t start_;
    std::uint64_t base_ = 0;  ///< what the runs of the open track fragment count from
    std::uint64_t end_;       ///< of the media announced last
    std::uint64_t counted_ = 0;
    std::span<OpenTrack> tracks_;
    OpenTrack* track_ = nullptr;
    SampleDefaults defaults_;
    std::vector<AnnouncedSample>& out_;
};

}  // namespace

Result<void> read_fragment(Bytes moof, std::uint64_t start, std::span<OpenTrack> tracks,
                           std::vector<AnnouncedSample>& out)
{
    out.clear();
    FragmentReader reader(start, tracks, out);
    BoxReader boxes(moof);
    while (const auto traf = boxes.next(box_type("traf"))) {
        if (auto done = reader.read_track(*traf); !done) return done;
    }
    if (!boxes.ok()) return malformed("mp4 fragment");
    std::ranges::stable_sort(out, {}, &AnnouncedSample::offset);
    const auto overlaps = [](const AnnouncedSample& before, const AnnouncedSample& sample) {
        return before.offset + before.size > sample.offset;
    };
    if (std::ranges::adjacent_find(out, overlaps) != out.end()) {
        return malformed("mp4 samples in one place");
    }
    auto rest_us = kNothingBehind;
    for (auto sample = out.rbegin(); sample != out.rend(); ++sample) {
        sample->rest_us = rest_us;
        rest_us = std::min(rest_us, sample->us);
    }
    return {};
}

}  // namespace sluice::fmp4
