#include "packager.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "core/codec/description.hpp"
#include "core/flv/metadata.hpp"
#include "core/fmp4/init_segment.hpp"
#include "part_target.hpp"

namespace sluice::package {
namespace {

using media::Kind;
using Bytes = std::span<const std::uint8_t>;

constexpr std::int64_t kTick = media::kVideoTimescale / 1000;
constexpr std::int64_t kSince2025 = 1'735'689'600;
// EXTINF is rounded to whole seconds when it is held against EXT-X-TARGETDURATION.
constexpr std::int64_t kRoundedOff = 400;
// Before the length of MPEG-TS segments is promised, the first one may last so long.
constexpr std::int64_t kFirstTransportMs = 12'000;
constexpr std::int64_t kSoundOnlyAfter = 2;  // 1 / s: half a second without a picture
constexpr std::int64_t kDriftMs = 500;
// A network that stalled and caught up is late at several boundaries, but not for long.
constexpr int kDriftedBoundaries = 3;
constexpr std::int64_t kDriftedForMs = 5000;

std::size_t index(Kind kind)
{
    return static_cast<std::size_t>(kind);
}

std::uint32_t target_s(std::uint32_t segment_ms)
{
    return std::max(1U, (segment_ms + 999) / 1000);
}

}  // namespace

std::int64_t wall_ms_at(const Period& period, std::int64_t time)
{
    return period.wall_ms + (time - period.start) / kTick;
}

std::uint64_t first_sequence(std::int64_t wall_ms)
{
    return static_cast<std::uint64_t>(std::max<std::int64_t>(wall_ms / 1000 - kSince2025, 1));
}

Packager::Packager(Hold hold, const std::string& root, const StreamIdentity& stream,
                   const PackageSettings& settings, const Arrival& now)
    : hold_(std::move(hold)), files_(root, stream.name), root_(root), settings_(settings)
{
    const auto& window = hold_.window();
    if (window.run == stream.run && window.name_text() == stream.name) {
        resume();
    } else {
        begin_window(stream, now);
    }
    hold_.change([&](Window& changed) {
        changed.list_size = settings_.list_size;
        // What was promised holds for what is listed.
        changed.target_s = std::max(changed.target_s, target_s(settings_.segment_ms));
        changed.hls = settings_.hls;
        changed.cmaf = settings_.cmaf;
    });
    hold_.note_time(now.mono_ms);
}

Packager::~Packager()
{
    finish();
}

void Packager::finish()
{
    if (hold_.current()) end_period();
}

/// The publisher before may have been killed: its open segments end with what was announced.
void Packager::resume()
{
    hold_.change([](Window& window) {
        for (auto& lane : window.lane) {
            if (lane.empty()) continue;
            auto& last = lane.at(lane.end - 1);
            if (!last.complete && last.bytes == 0) last.gap = true;
            if (!last.complete && last.duration == 0) --lane.end;
            last.complete = true;
        }
        level(window);
    });
}

void Packager::begin_window(const StreamIdentity& stream, const Arrival& now)
{
    const auto old_next =
        hold_.window().name_text() == stream.name ? hold_.window().next_sequence : 0;
    remove_files(root_, hold_.window());
    hold_.change([&](Window& window) {
        empty(window);
        window.name_size = static_cast<std::uint32_t>(std::min(stream.name.size(), hub::kMaxName));
        std::memcpy(window.name, stream.name.data(), window.name_size);
        window.run = stream.run;
        window.next_sequence =
            std::max({old_next, stream.least_sequence, first_sequence(now.wall_ms)});
    });
}

Packaged Packager::take(flv::TagType type, Bytes body, std::int64_t dts_ms, const Arrival& now)
{
    if (!hold_.current()) return {.failing = failing()};
    if (type == flv::TagType::script) {
        const auto metadata = flv::parse_metadata(body);
        if (metadata && metadata->framerate) reader_.expect_rate(*metadata->framerate);
        return {.failing = failing()};
    }
    const bool video = type == flv::TagType::video;
    const auto found = video ? reader_.read_video(body, dts_ms) : reader_.read_audio(body, dts_ms);
    if (!found) return {.failing = failing()};  // counted where the message came in
    const auto before = hold_.edition();
    if (found->new_track) note_track(found->kind);
    if (found->unit) take_unit(found->kind, *found->unit, now);
    const bool changed = hold_.edition() != before;
    if (changed) hold_.note_time(now.mono_ms);
    return {.changed = changed, .failing = failing()};
}

bool Packager::failing() const
{
    return no_room_ || (video_ && video_->writer.failing()) ||
           (audio_ && audio_->writer.failing()) || (transport_ && transport_->failing());
}

void Packager::note_track(Kind kind)
{
    if (!in_period_) return;
    anew_ = true;
    stale_[index(kind)] = true;
}

/// With a picture: at a key frame. Without: once it is clear that none comes.
bool Packager::may_begin(Kind kind, const media::AccessUnit& unit)
{
    if (reader_.track(Kind::video) != nullptr) return kind == Kind::video && unit.key;
    if (in_period_) return true;  // its only track has other headers now
    if (first_sound_ < 0) first_sound_ = unit.dts;
    const auto rate = reader_.track(Kind::audio)->timescale;
    return (unit.dts - first_sound_) * kSoundOnlyAfter >= rate;
}

Lead Packager::lead_of(Kind kind, const media::AccessUnit& unit) const
{
    if (kind == Kind::video) {
        return {.dts = unit.dts,
                .duration = unit.duration,
                .key = unit.key,
                .composition = unit.composition};
    }
    const std::int64_t rate = reader_.track(Kind::audio)->timescale;
    return {.dts = unit.dts * media::kVideoTimescale / rate,
            .duration = static_cast<std::uint32_t>(std::int64_t{unit.duration} *
                                                   media::kVideoTimescale / rate),
            .key = true};
}

void Packager::take_unit(Kind kind, const media::AccessUnit& unit, const Arrival& now)
{
    if (!in_period_ || anew_) {
        if (may_begin(kind, unit)) {
            begin_period(kind, unit, now);
        } else if (!in_period_ || stale_[index(kind)]) {
            return;
        }
    }
    if (kind == Kind::audio) sound_frame_ = unit.duration;
    if (kind == Kind::video && unit.key) note_frame(unit.duration);
    if (!in_period_) return;
    cut(lead_of(kind, unit), kind, now);
    auto& lane = kind == Kind::video ? video_ : audio_;
    if (lane) add(*lane, unit);
    if (!transport_) return;
    if (kind == Kind::video) {
        transport_->add_video(unit);
    } else {
        transport_->add_audio(unit);
    }
}

/// The first frame's duration may have been a guess.
void Packager::note_frame(std::uint32_t duration)
{
    const auto& window = hold_.window();
    if (!in_period_ || lead_ != Kind::video) return;
    const auto number = window.end_period - 1;
    if (window.period_at(number).video.frame == duration) return;
    hold_.change([&](Window& changed) {
        changed.period_at(number).video.frame = duration;
        changed.period_at(number).transport_video.frame = duration;
    });
}

/// Whether the programme's date went astray: the encoder's clock is not the world's.
bool Packager::drifted(const Boundary& boundary, const Arrival& now)
{
    const auto& window = hold_.window();
    const auto said = wall_ms_at(window.period_at(window.end_period - 1), boundary.time);
    const bool off = std::abs(now.wall_ms - said) > kDriftMs;
    if (off && drifted_ == 0) drifted_since_ms_ = now.mono_ms;
    drifted_ = off ? drifted_ + 1 : 0;
    return drifted_ >= kDriftedBoundaries && now.mono_ms - drifted_since_ms_ >= kDriftedForMs &&
           boundary.independent;
}

void Packager::cut(const Lead& lead, Kind kind, const Arrival& now)
{
    const auto decide = [&](Boundaries& cuts) {
        return kind == lead_ ? cuts.before(lead) : cuts.without_lead(lead.dts);
    };
    if (cmaf_cuts_) {
        if (const auto boundary = decide(*cmaf_cuts_)) {
            if (drifted(*boundary, now)) anew_ = true;
            cut_cmaf(*boundary);
        }
    }
    if (transport_cuts_) {
        if (const auto boundary = decide(*transport_cuts_)) {
            if (!cmaf_cuts_ && drifted(*boundary, now)) anew_ = true;
            cut_transport(*boundary);
        }
    }
}

void Packager::cut_cmaf(const Boundary& boundary)
{
    for (auto* lane : {&video_, &audio_}) {
        if (!*lane) continue;
        auto missed = (*lane)->track.cut_at(boundary);
        if (!missed) continue;
        write_chunk(**lane, std::move(missed->last_chunk));
        (*lane)->writer.complete(-1);
        const auto at = [rate = std::int64_t{(*lane)->timescale}](const Boundary& of) {
            return std::max<std::int64_t>(of.presentation * rate / media::kVideoTimescale, 0);
        };
        const auto from = at(missed->boundary);
        const auto length = std::max<std::int64_t>(at(boundary) - from, 0);
        (*lane)->writer.gap(missed->boundary.sequence, from, length);
    }
}

void Packager::cut_transport(const Boundary& boundary)
{
    const auto length = transport_->cut_at(boundary);
    if (length <= 0 || hold_.window().transport_target_s != 0) return;
    const auto seconds = static_cast<std::uint32_t>(
        std::lround(static_cast<double>(length) / media::kVideoTimescale));
    const auto promised = std::max(target_s(settings_.segment_ms), seconds);
    hold_.change([&](Window& window) { window.transport_target_s = promised; });
    transport_cuts_->allow((std::int64_t{promised} * 1000 + kRoundedOff) * kTick);
}

void Packager::write_chunk(CmafLane& lane, std::optional<Chunk> chunk)
{
    if (!chunk) return;
    lane.writer.append_part({.duration = chunk->duration, .independent = chunk->independent},
                            {chunk->head, chunk->media});
    lane.track.reuse(std::move(*chunk));
}

void Packager::add(CmafLane& lane, const media::AccessUnit& unit)
{
    auto step = lane.track.add(unit);
    write_chunk(lane, std::move(step.last_chunk));
    if (step.began) {
        const auto seen =
            unit.key ? unit.dts + unit.composition : std::max(step.began->presentation, unit.dts);
        const auto time = std::max<std::int64_t>(seen, 0);
        lane.writer.begin(step.began->sequence, time, unit.key);
    }
    write_chunk(lane, std::move(step.late));
    write_chunk(lane, std::move(step.chunk));
}

TrackFacts Packager::facts_of(Kind kind, std::uint32_t frame) const
{
    TrackFacts facts{};
    const auto* track = reader_.track(kind);
    if (track == nullptr) return facts;
    facts.timescale = track->timescale;
    facts.frame = frame;
    const auto asked = std::uint64_t{settings_.part_ms} * track->timescale / 1000;
    const auto units = part_target(asked, frame);
    facts.part_target_us =
        static_cast<std::uint32_t>((units * 1'000'000 + track->timescale - 1) / track->timescale);
    if (kind == Kind::video) {
        facts.width = track->width;
        facts.height = track->height;
        const auto described = codec::describe_video(track->video, track->config);
        if (described) std::memcpy(facts.codecs, described->codec_string, sizeof(facts.codecs));
        return facts;
    }
    const auto described = codec::describe_audio(track->audio, track->config);
    if (!described) return facts;
    std::memcpy(facts.codecs, described->codec_string, sizeof(described->codec_string));
    facts.sample_rate = described->sample_rate;
    facts.channels = described->channels;
    return facts;
}

/// A period that left no segments gives its number back: EXT-X-DISCONTINUITY-SEQUENCE counts what
/// was listed.
std::uint32_t Packager::next_period() const
{
    const auto& window = hold_.window();
    if (window.end_period == window.first_period) return window.end_period;
    const auto last = window.end_period - 1;
    const bool left = std::ranges::any_of(window.lane, [&](const LaneWindow& lane) {
        return !lane.empty() && lane.at(lane.end - 1).period == last;
    });
    return left ? window.end_period : last;
}

void Packager::begin_period(Kind kind, const media::AccessUnit& unit, const Arrival& now)
{
    end_period();
    anew_ = false;
    stale_[0] = stale_[1] = false;
    drifted_ = 0;
    lead_ = kind;
    const auto lead = lead_of(kind, unit);
    Period period{};
    period.number = next_period();
    if (period.number != hold_.window().end_period)
        files_.remove_period(hold_.window().period_at(period.number).id);
    period.start = std::max<std::int64_t>(lead.dts + lead.composition, 0);
    period.wall_ms = now.wall_ms;
    const auto id = files_.begin_period(hold_.window().next_sequence);
    no_room_ = !id || !write_inits();
    if (id && no_room_) files_.remove_period(*id);
    if (no_room_) return;  // the next key frame tries again
    period.id = *id;
    in_period_ = true;
    open_lanes(period, unit);
}

bool Packager::write_inits()
{
    if (!settings_.cmaf) return true;
    for (const auto kind : {Kind::video, Kind::audio}) {
        const auto* track = reader_.track(kind);
        if (track == nullptr || (kind == Kind::video && lead_ != kind)) continue;
        const auto init = fmp4::init_segment(*track);
        const auto lane = kind == Kind::video ? Lane::video : Lane::audio;
        if (init && !files_.write_init(lane, *init)) return false;
    }
    return true;
}

/// Behind what the lanes have of the period before; anew where they have nothing.
std::uint64_t Packager::next_number(const Period& period, std::initializer_list<Lane> lanes) const
{
    std::uint64_t next = 0;
    for (const auto kind : lanes) {
        const auto& lane = hold_.window().of(kind);
        if (lane.empty() || lane.at(lane.end - 1).period + 1 != period.number) continue;
        next = std::max(next, lane.end);
    }
    return next != 0 ? next : period.id;
}

/// Of a stream that changes all the time, the oldest goes sooner than told.
void Packager::make_room_for_period()
{
    const auto& window = hold_.window();
    while (window.end_period - window.first_period >= kMaxPeriods - 1) {
        for (const auto lane : {Lane::video, Lane::audio, Lane::transport}) {
            const auto& of = window.of(lane);
            while (!of.empty() && of.at(of.first).period == window.first_period) {
                remove_first(hold_, files_, lane);
            }
        }
        const auto first = window.first_period;
        remove_old_periods(hold_, files_);
        if (window.first_period == first) return;
    }
}

void Packager::open_lanes(const Period& period, const media::AccessUnit& lead)
{
    constexpr std::uint32_t kAacFrame = 1024;
    const bool video = lead_ == Kind::video;
    const auto picture = facts_of(Kind::video, video ? lead.duration : 0);
    const auto sound = facts_of(Kind::audio, sound_frame_ != 0 ? sound_frame_ : kAacFrame);
    make_room_for_period();
    if (settings_.cmaf) {
        if (video) video_ = open_cmaf(period, *reader_.track(Kind::video), picture);
        if (reader_.track(Kind::audio) != nullptr) {
            audio_ = open_cmaf(period, *reader_.track(Kind::audio), sound);
        }
        const auto target = std::int64_t{settings_.segment_ms} * kTick;
        const auto promised = std::int64_t{hold_.window().target_s} * 1000 + kRoundedOff;
        if (video_ || audio_)
            cmaf_cuts_.emplace(Boundaries::Durations{target, promised * kTick},
                               next_number(period, {Lane::video, Lane::audio}));
    }
    if (settings_.hls) open_transport(period);
    // In one step: viewers never see a period without its tracks.
    hold_.change([&](Window& window) {
        window.next_sequence = period.id + 1;
        window.end_period = period.number + 1;
        if (window.availability_start_ms == 0) window.availability_start_ms = period.wall_ms;
        for (auto& lane : window.lane) lane.peak_bps = lane.total_bytes = lane.total_us = 0;
        auto& shown = window.period_at(period.number);
        shown = period;
        if (video_) shown.video = picture;
        if (audio_) shown.audio = sound;
        if (transport_ && video) shown.transport_video = picture;
        if (transport_ && transport_->has_audio()) shown.transport_audio = sound;
    });
}

std::optional<Packager::CmafLane> Packager::open_cmaf(const Period& period,
                                                      const media::Track& track,
                                                      const TrackFacts& facts)
{
    const auto lane = track.kind == Kind::video ? Lane::video : Lane::audio;
    if (!fmp4::init_segment(track)) return std::nullopt;  // a codec that CMAF does not carry
    const auto part =
        part_target(std::uint64_t{settings_.part_ms} * track.timescale / 1000, facts.frame);
    return CmafLane{.track = CmafTrack(track, part),
                    .writer = LaneWriter(hold_, files_, lane, period.number, completed_),
                    .timescale = track.timescale};
}

void Packager::open_transport(const Period& period)
{
    const auto* video = lead_ == Kind::video ? reader_.track(Kind::video) : nullptr;
    const auto* audio = reader_.track(Kind::audio);
    auto muxer = mpegts::Muxer::make(video, audio);
    if (!muxer && video != nullptr && audio != nullptr) {
        audio = nullptr;  // the picture alone, where MPEG-TS has no place for the sound
        muxer = mpegts::Muxer::make(video, audio);
    }
    if (!muxer) return;
    const auto promised = hold_.window().transport_target_s;
    const auto longest =
        promised != 0
            ? std::int64_t{promised} * 1000 + kRoundedOff
            : std::max<std::int64_t>(kFirstTransportMs, std::int64_t{3} * settings_.segment_ms);
    const auto target = std::int64_t{settings_.segment_ms} * kTick;
    transport_cuts_.emplace(Boundaries::Durations{target, longest * kTick},
                            next_number(period, {Lane::transport}));
    transport_.emplace(std::move(*muxer),
                       LaneWriter(hold_, files_, Lane::transport, period.number, completed_), video,
                       audio);
}

void Packager::end_period()
{
    for (auto* lane : {&video_, &audio_}) {
        if (!*lane) continue;
        write_chunk(**lane, (*lane)->track.finish());
        (*lane)->writer.complete(-1);
        lane->reset();
    }
    if (cmaf_cuts_) hold_.change([](Window& window) { level(window); });
    if (transport_) transport_->finish();
    transport_.reset();
    cmaf_cuts_.reset();
    transport_cuts_.reset();
    in_period_ = false;
}

}  // namespace sluice::package
