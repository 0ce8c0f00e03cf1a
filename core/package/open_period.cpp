#include "open_period.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/fmp4/init_segment.hpp"
#include "core/mpegts/muxer.hpp"
#include "numbering.hpp"
#include "track_facts.hpp"

namespace sluice::package {
namespace {

using media::Kind;

constexpr std::int64_t kTick = media::kVideoTimescale / 1000;
// EXTINF is rounded to whole seconds when it is held against EXT-X-TARGETDURATION.
constexpr std::int64_t kRoundedOff = 400;
// Before the length of MPEG-TS segments is promised, the first one may last so long.
constexpr std::int64_t kFirstTransportMs = 12'000;

/// As long as segments may be when this is their EXT-X-TARGETDURATION, 90 kHz.
std::int64_t longest(std::uint32_t promised_s)
{
    return (std::int64_t{promised_s} * 1000 + kRoundedOff) * kTick;
}

}  // namespace

OpenPeriod::OpenPeriod(Hold& hold, SegmentFiles& files, std::vector<Completed>& completed,
                       const PackageSettings& settings, const Period& period,
                       const PeriodTracks& tracks)
    : hold_(&hold),
      files_(&files),
      completed_(&completed),
      settings_(settings),
      number_(period.number),
      lead_(tracks.lead())
{
    if (settings_.cmaf) open_cmaf(period, tracks);
    if (settings_.hls) open_transport(period, tracks);
    show(period, tracks);
}

void OpenPeriod::open_cmaf(const Period& period, const PeriodTracks& tracks)
{
    video_ = open_lane(tracks.video, tracks.picture);
    audio_ = open_lane(tracks.audio, tracks.sound);
    if (!video_ && !audio_) return;
    const auto& window = hold_->window();
    const auto target = std::int64_t{settings_.segment_ms} * kTick;
    cmaf_cuts_.emplace(Boundaries::Durations{target, longest(window.target_s)},
                       next_segment(window, period, {Lane::video, Lane::audio}));
}

std::optional<CmafLane> OpenPeriod::open_lane(const media::Track* track, std::uint32_t frame)
{
    if (track == nullptr) return std::nullopt;
    if (!fmp4::init_segment(*track)) return std::nullopt;  // a codec that CMAF does not carry
    const auto lane = track->kind == Kind::video ? Lane::video : Lane::audio;
    return CmafLane(*track, part_units(*track, settings_.part_ms, frame),
                    LaneWriter(*hold_, *files_, lane, number_, *completed_));
}

void OpenPeriod::open_transport(const Period& period, const PeriodTracks& tracks)
{
    const auto* audio = tracks.audio;
    auto muxer = mpegts::Muxer::make(tracks.video, audio);
    if (!muxer && tracks.video != nullptr && audio != nullptr) {
        audio = nullptr;  // the picture alone, where MPEG-TS has no place for the sound
        muxer = mpegts::Muxer::make(tracks.video, audio);
    }
    if (!muxer) return;
    const auto& window = hold_->window();
    const auto target = std::int64_t{settings_.segment_ms} * kTick;
    const auto may_last = window.transport_target_s != 0
                              ? longest(window.transport_target_s)
                              : std::max(kFirstTransportMs * kTick, 3 * target);
    transport_cuts_.emplace(Boundaries::Durations{target, may_last},
                            next_segment(window, period, {Lane::transport}));
    transport_.emplace(std::move(*muxer),
                       LaneWriter(*hold_, *files_, Lane::transport, number_, *completed_),
                       tracks.video, audio);
}

/// In one step: viewers never see a period without its tracks.
void OpenPeriod::show(Period period, const PeriodTracks& tracks)
{
    const auto picture = track_facts(tracks.video, settings_.part_ms, tracks.picture);
    const auto sound = track_facts(tracks.audio, settings_.part_ms, tracks.sound);
    if (video_) period.video = picture;
    if (audio_) period.audio = sound;
    if (transport_) period.transport_video = picture;
    if (transport_ && transport_->has_audio()) period.transport_audio = sound;
    hold_->change([&](Window& window) {
        window.next_sequence = period.id + 1;
        window.end_period = period.number + 1;
        if (window.availability_start_ms == 0) window.availability_start_ms = period.wall_ms;
        for (auto& lane : window.lane) lane.peak_bps = lane.total_bytes = lane.total_us = 0;
        window.period_at(period.number) = period;
    });
}

bool OpenPeriod::cut(const Lead& lead, Kind kind, const Arrival& now)
{
    const auto decide = [&](Boundaries& cuts) {
        return kind == lead_ ? cuts.before(lead) : cuts.without_lead(lead.dts);
    };
    bool went_astray = false;
    if (cmaf_cuts_) {
        if (const auto boundary = decide(*cmaf_cuts_)) {
            went_astray = astray(*boundary, now);
            cut_cmaf(*boundary);
        }
    }
    if (transport_cuts_) {
        if (const auto boundary = decide(*transport_cuts_)) {
            if (!cmaf_cuts_) went_astray = astray(*boundary, now);
            cut_transport(*boundary);
        }
    }
    return went_astray;
}

bool OpenPeriod::astray(const Boundary& boundary, const Arrival& now)
{
    const auto said_ms = wall_ms_at(hold_->window().period_at(number_), boundary.time);
    return drift_.astray(said_ms, now) && boundary.independent;
}

void OpenPeriod::cut_cmaf(const Boundary& boundary)
{
    if (video_) video_->cut_at(boundary);
    if (audio_) audio_->cut_at(boundary);
}

void OpenPeriod::cut_transport(const Boundary& boundary)
{
    const auto length = transport_->cut_at(boundary);
    if (length <= 0 || hold_->window().transport_target_s != 0) return;
    const auto seconds = static_cast<std::uint32_t>(
        std::lround(static_cast<double>(length) / media::kVideoTimescale));
    const auto promised = std::max(target_s(settings_.segment_ms), seconds);
    hold_->change([&](Window& window) { window.transport_target_s = promised; });
    transport_cuts_->allow(longest(promised));
}

namespace {

bool is_at(const ProgrammeCuts::Cut& cut, const Lead& lead)
{
    const auto seen = lead.dts + lead.composition;
    return std::abs(seen - cut.presentation) <= std::max(half_frame(lead.duration), kTick);
}

Boundary boundary_of(const ProgrammeCuts::Cut& cut, std::int64_t dts, bool independent)
{
    return {.sequence = cut.sequence,
            .time = dts,
            .presentation = cut.presentation,
            .independent = independent};
}

}  // namespace

/// Ends where the next one begins; of the newest that is not known.
std::int64_t OpenPeriod::end_of(const std::vector<ProgrammeCuts::Cut>& cuts, std::size_t i) const
{
    if (i + 1 < cuts.size()) return cuts[i + 1].presentation;
    return cuts[i].presentation + std::int64_t{settings_.segment_ms} * kTick;
}

void OpenPeriod::follow(const ProgrammeCuts& programme, const Lead& lead)
{
    if (cmaf_cuts_) {
        follow_lane(programme, Lane::video, followed_cmaf_, lead,
                    [&](const Boundary& boundary) { cut_cmaf(boundary); });
    }
    if (!transport_cuts_) return;
    follow_lane(programme, Lane::transport, followed_transport_, lead,
                [&](const Boundary& boundary) { (void)transport_->cut_at(boundary); });
    const auto promised = programme.transport_target_s();
    if (promised == hold_->window().transport_target_s) return;
    hold_->change([&](Window& window) { window.transport_target_s = promised; });
}

/// A segment that would begin in its middle is not the programme's: it is a gap.
template <class Cut>
void OpenPeriod::follow_lane(const ProgrammeCuts& programme, Lane lane,
                             std::optional<std::uint64_t>& followed, const Lead& lead, Cut&& cut_at)
{
    const auto seen = lead.dts + lead.composition + half_frame(lead.duration);
    const auto cuts = programme.until(lane, followed, seen);
    for (std::size_t i = 0; i < cuts.size(); ++i) {
        const bool here = i + 1 == cuts.size() && is_at(cuts[i], lead);
        if (!followed && !here) return;
        if (here) {
            cut_at(boundary_of(cuts[i], lead.dts, lead.key));
        } else {
            skip(lane, boundary_of(cuts[i], cuts[i].presentation, true), end_of(cuts, i));
        }
        followed = cuts[i].sequence;
    }
}

void OpenPeriod::note_absence(const ProgrammeCuts& programme)
{
    const auto note = [&](Lane lane, std::optional<std::uint64_t>& followed) {
        if (!followed) return;
        const auto cuts = programme.whole(lane, *followed);
        for (std::size_t i = 0; i < cuts.size(); ++i) {
            skip(lane, boundary_of(cuts[i], cuts[i].presentation, true), end_of(cuts, i));
            followed = cuts[i].sequence;
        }
    };
    if (cmaf_cuts_) note(Lane::video, followed_cmaf_);
    if (transport_cuts_) note(Lane::transport, followed_transport_);
}

void OpenPeriod::skip(Lane lane, const Boundary& boundary, std::int64_t end)
{
    if (lane == Lane::transport) return transport_->skip(boundary, end);
    if (video_) video_->skip(boundary, end);
    if (audio_) audio_->skip(boundary, end);
}

void OpenPeriod::add(Kind kind, const media::AccessUnit& unit)
{
    auto& lane = kind == Kind::video ? video_ : audio_;
    if (lane) lane->add(unit);
    if (!transport_) return;
    if (kind == Kind::video) {
        transport_->add_video(unit);
    } else {
        transport_->add_audio(unit);
    }
}

void OpenPeriod::note_picture(std::uint32_t duration)
{
    if (lead_ != Kind::video) return;
    if (hold_->window().period_at(number_).video.frame == duration) return;
    hold_->change([&](Window& window) {
        auto& period = window.period_at(number_);
        period.video.frame = period.transport_video.frame = duration;
    });
}

void OpenPeriod::finish()
{
    if (video_) video_->finish();
    if (audio_) audio_->finish();
    if (cmaf_cuts_) hold_->change([](Window& window) { level(window); });
    if (transport_) transport_->finish();
}

bool OpenPeriod::failing() const
{
    return (video_ && video_->failing()) || (audio_ && audio_->failing()) ||
           (transport_ && transport_->failing());
}

}  // namespace sluice::package
