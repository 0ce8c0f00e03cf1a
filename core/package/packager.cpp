#include "packager.hpp"

#include <algorithm>
#include <cstring>

#include "core/flv/metadata.hpp"
#include "core/fmp4/init_segment.hpp"
#include "numbering.hpp"
#include "removal.hpp"

namespace sluice::package {
namespace {

using media::Kind;
using Bytes = std::span<const std::uint8_t>;

constexpr std::int64_t kSoundOnlyAfter = 2;  // 1 / s: half a second without a picture

std::size_t index(Kind kind)
{
    return static_cast<std::size_t>(kind);
}

}  // namespace

Packager::Packager(Hold hold, const std::string& root, const StreamIdentity& stream,
                   const PackageSettings& settings, const Arrival& now)
    : hold_(std::move(hold)), files_(root, stream.name), root_(root), settings_(settings)
{
    if (stream.programme != nullptr) programme_.emplace(*stream.programme);
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
        if (programme_) changed.target_s = std::max(changed.target_s, programme_->target_s());
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
    if (type == flv::TagType::script) {
        const auto metadata = flv::parse_metadata(body);
        if (metadata && metadata->framerate) reader_.expect_rate(*metadata->framerate);
        return {.failing = failing()};
    }
    const bool video = type == flv::TagType::video;
    const auto found = video ? reader_.read_video(body, dts_ms) : reader_.read_audio(body, dts_ms);
    if (!found) return {.failing = failing()};  // counted where the message came in
    if (found->new_track) note_track(found->kind);
    if (found->unit) take_unit(found->kind, *found->unit, now);
    const bool changed = hold_.take_changed();
    if (changed) hold_.note_time(now.mono_ms);
    return {.changed = changed, .failing = failing()};
}

bool Packager::failing() const
{
    return no_room_ || (open_ && open_->failing());
}

void Packager::note_track(Kind kind)
{
    if (!open_) return;
    anew_ = true;
    stale_[index(kind)] = true;
}

/// With a picture: at a key frame. Without: once it is clear that none comes.
bool Packager::may_begin(Kind kind, const media::AccessUnit& unit)
{
    if (programme_) return kind == Kind::video && unit.key && may_follow(unit);
    if (reader_.track(Kind::video) != nullptr) return kind == Kind::video && unit.key;
    if (open_) return true;  // its only track has other headers now
    if (first_sound_ < 0) first_sound_ = unit.dts;
    const auto rate = reader_.track(Kind::audio)->timescale;
    return (unit.dts - first_sound_) * kSoundOnlyAfter >= rate;
}

/// Whether the programme has a segment for what is seen now; notes in which of its periods.
bool Packager::may_follow(const media::AccessUnit& unit)
{
    const auto seen = unit.dts + unit.composition + half_frame(unit.duration);
    for (const auto lane : {Lane::video, Lane::transport}) {
        const auto cuts = programme_->until(lane, std::nullopt, seen);
        if (cuts.empty()) continue;
        followed_ = cuts.back().period;
        return true;
    }
    return false;
}

/// A rendition's are those of its programme: players compare them. One whose headers changed by
/// themselves begins its list anew instead of counting a break that the others don't have.
std::uint32_t Packager::number_of_next_period()
{
    const auto next = next_period(hold_.window());
    if (!programme_ || followed_ == next) return next;
    for (const auto lane : {Lane::video, Lane::audio, Lane::transport}) {
        while (!hold_.window().of(lane).empty()) remove_first(hold_, files_, lane);
    }
    for (auto i = hold_.window().first_period; i < hold_.window().end_period; ++i)
        files_.remove_period(hold_.window().period_at(i).id);
    hold_.change([&](Window& window) { window.first_period = window.end_period = followed_; });
    return followed_;
}

/// The same instant has the same date.
Period Packager::following(Period period) const
{
    if (!programme_) return period;
    if (const auto of = programme_->period(followed_)) {
        period.start = of->start;
        period.wall_ms = of->wall_ms;
    }
    return period;
}

Packaged Packager::note_absence()
{
    if (programme_ && open_ && hold_.current()) open_->note_absence(*programme_);
    return {.changed = hold_.take_changed(), .failing = failing()};
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
    if (programme_ && open_ && kind == Kind::video && unit.key) {
        const auto before = followed_;
        if (may_follow(unit) && followed_ != before) anew_ = true;
    }
    if (!open_ || anew_) {
        if (may_begin(kind, unit)) {
            begin_period(kind, unit, now);
        } else if (!open_ || stale_[index(kind)]) {
            return;
        }
    }
    if (kind == Kind::audio) sound_frame_ = unit.duration;
    if (!open_) return;
    if (kind == Kind::video && unit.key) open_->note_picture(unit.duration);
    if (programme_) {
        if (kind == Kind::video) open_->follow(*programme_, lead_of(kind, unit));
    } else if (open_->cut(lead_of(kind, unit), kind, now)) {
        anew_ = true;
    }
    open_->add(kind, unit);
}

void Packager::begin_period(Kind kind, const media::AccessUnit& unit, const Arrival& now)
{
    constexpr std::uint32_t kAacFrame = 1024;
    if (!hold_.current()) return;
    end_period();
    anew_ = false;
    stale_[0] = stale_[1] = false;
    const bool picture = kind == Kind::video;
    const PeriodTracks tracks{.video = picture ? reader_.track(Kind::video) : nullptr,
                              .audio = reader_.track(Kind::audio),
                              .picture = picture ? unit.duration : 0,
                              .sound = sound_frame_ != 0 ? sound_frame_ : kAacFrame};
    const auto lead = lead_of(kind, unit);
    Period period{};
    period.number = number_of_next_period();
    if (period.number != hold_.window().end_period)
        files_.remove_period(hold_.window().period_at(period.number).id);
    period.start = std::max<std::int64_t>(lead.dts + lead.composition, 0);
    period.wall_ms = now.wall_ms;
    const auto id = files_.begin_period(hold_.window().next_sequence);
    no_room_ = !id || !write_inits(tracks);
    if (id && no_room_) files_.remove_period(*id);
    if (no_room_) return;  // the next key frame tries again
    period.id = *id;
    period = following(period);
    make_room_for_period(hold_, files_);
    open_.emplace(hold_, files_, completed_, settings_, period, tracks);
}

bool Packager::write_inits(const PeriodTracks& tracks)
{
    if (!settings_.cmaf) return true;
    for (const auto* track : {tracks.video, tracks.audio}) {
        if (track == nullptr) continue;
        const auto init = fmp4::init_segment(*track);
        const auto lane = track->kind == Kind::video ? Lane::video : Lane::audio;
        if (init && !files_.write_init(lane, *init)) return false;
    }
    return true;
}

void Packager::end_period()
{
    if (open_) open_->finish();
    open_.reset();
}

}  // namespace sluice::package
