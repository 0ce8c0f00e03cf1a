#include "feed.hpp"

#include <algorithm>
#include <optional>

#include "core/codec/nal_units.hpp"
#include "core/flv/metadata.hpp"
#include "core/fmp4/fragment.hpp"
#include "core/fmp4/movie.hpp"
#include "core/fmp4/sample_entry.hpp"

namespace sluice::hook {
namespace {

using media::Kind;

/// Parameter sets of a picture's configuration, as they stand in a sample; nothing for codecs whose
/// samples hold none.
std::optional<codec::ParameterSets> parameter_sets(const media::Track& track)
{
    if (track.video != flv::VideoCodec::avc && track.video != flv::VideoCodec::hevc)
        return std::nullopt;
    auto sets = track.video == flv::VideoCodec::avc ? codec::avc_parameter_sets(track.config)
                                                    : codec::hevc_parameter_sets(track.config);
    if (!sets) return std::nullopt;
    return std::move(*sets);
}

void append_sets(const codec::ParameterSets& sets, std::vector<std::uint8_t>& out)
{
    for (const auto& unit : sets.units) {
        for (unsigned byte = sets.nal_length_size; byte > 0; --byte) {
            out.push_back(static_cast<std::uint8_t>(unit.size() >> (8 * (byte - 1))));
        }
        out.insert(out.end(), unit.begin(), unit.end());
    }
}

}  // namespace

void Feed::expect(bool video, bool audio)
{
    lane(Kind::video).expected = video;
    lane(Kind::audio).expected = audio;
}

Fed Feed::take(flv::TagType type, std::span<const std::uint8_t> body, std::int64_t dts_ms)
{
    if (type == flv::TagType::script) {
        const auto metadata = flv::parse_metadata(body);
        if (metadata && metadata->framerate) reader_.expect_rate(*metadata->framerate);
        return {};
    }
    const auto kind = type == flv::TagType::video ? Kind::video : Kind::audio;
    if (kind == Kind::audio && frames_ == channel::Frames::key) return {};
    const auto found =
        kind == Kind::video ? reader_.read_video(body, dts_ms) : reader_.read_audio(body, dts_ms);
    if (!found) {
        if (reader_.track(kind) == nullptr) lane(kind).refused = true;
        return {};
    }
    if (found->new_track && note_track(kind)) return {.piece = {}, .restart = true};
    if (!found->unit || !lane(kind).usable) return {};
    return {.piece = piece_of(kind, *found->unit)};
}

Piece Feed::piece_of(Kind kind, const media::AccessUnit& unit)
{
    if (frames_ == channel::Frames::key && !unit.key) return {};
    head_.clear();
    if (!begun_ && (!may_begin(kind, unit.key) || !begin())) return {};
    if (lane(kind).track_id == 0) return {};
    append_unit(kind, unit);
    const bool leads = kind == Kind::video || !lane(Kind::video).usable;
    return {.head = head_, .media = unit.data, .key = unit.key && leads};
}

/// Whether the movie that is open can't go on with it.
bool Feed::note_track(Kind kind)
{
    if (kind == Kind::video && goes_on_in_band()) return false;
    auto& changed = lane(kind);
    head_.clear();
    changed.usable = fmp4::append_sample_entry(*reader_.track(kind), head_).has_value();
    changed.refused = !changed.usable;
    const bool matters = begun_ && (changed.usable || changed.track_id != 0);
    if (matters) begun_ = false;
    return matters;
}

/// Whether the decoder can be told of the new picture on the way.
bool Feed::goes_on_in_band()
{
    if (changes_ != Changes::in_band || !begun_ || lane(Kind::video).track_id == 0) return false;
    const auto& now = *reader_.track(Kind::video);
    const bool alike =
        now.video == opened_.video && now.width == opened_.width && now.height == opened_.height;
    const auto before = parameter_sets(opened_);
    const auto sets = parameter_sets(now);
    if (!alike || !before || !sets || sets->nal_length_size != before->nal_length_size)
        return false;
    new_sets_.clear();
    append_sets(*sets, new_sets_);
    return true;
}

bool Feed::waits_for(Kind kind) const
{
    const auto& asked = lane(kind);
    return asked.expected && !asked.refused && !asked.usable;
}

bool Feed::may_begin(Kind kind, bool key) const
{
    const bool wants_audio = frames_ == channel::Frames::all;
    if (waits_for(Kind::video) || (wants_audio && waits_for(Kind::audio))) return false;
    return lane(Kind::video).usable ? kind == Kind::video && key : true;
}

bool Feed::begin()
{
    const media::Track* tracks[2];
    std::size_t count = 0;
    for (const auto kind : {Kind::video, Kind::audio}) {
        lane(kind).track_id = 0;
        if (!lane(kind).usable) continue;
        tracks[count] = reader_.track(kind);
        lane(kind).track_id = fmp4::kTrackId + static_cast<std::uint32_t>(count++);
    }
    auto header = fmp4::movie_header({tracks, count});
    if (!header) return false;
    head_ = std::move(*header);
    if (lane(Kind::video).track_id != 0) opened_ = *reader_.track(Kind::video);
    new_sets_.clear();
    sequence_ = 0;
    begun_ = true;
    return true;
}

void Feed::append_unit(Kind kind, const media::AccessUnit& unit)
{
    const bool with_sets = kind == Kind::video && unit.key && !new_sets_.empty();
    const auto more = with_sets ? new_sets_.size() : 0;
    const fmp4::Sample sample{.duration = unit.duration,
                              .size = static_cast<std::uint32_t>(more + unit.data.size()),
                              .composition = unit.composition,
                              .sync = unit.key};
    const auto time = unit.dts + kFeedOffset * reader_.track(kind)->timescale;
    fmp4::append_fragment_head(
        {.kind = kind,
         .sequence = ++sequence_,
         .decode_time = static_cast<std::uint64_t>(std::max<std::int64_t>(time, 0)),
         .samples = {&sample, 1},
         .track_id = lane(kind).track_id},
        head_);
    if (!with_sets) return;
    head_.insert(head_.end(), new_sets_.begin(), new_sets_.end());
    new_sets_.clear();
}

}  // namespace sluice::hook
