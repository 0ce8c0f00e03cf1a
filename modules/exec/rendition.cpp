#include "rendition.hpp"

#include <algorithm>

#include "modules/hub/worker.hpp"

namespace sluice::ngx {
namespace {

// A process may be this much behind, in segments.
constexpr std::int64_t kAbsentSegments = 3;

}  // namespace

Rendition::Rendition(const std::string& name, const hub::StreamRecord& programme)
    : stream_(publish_own_stream(name, &programme))
{
    if (stream_) return;
    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0, "sluice exec: the hub has no place for \"%s\"",
                  name.c_str());
}

Rendition::~Rendition()
{
    if (stream_) worker()->poke(stream_->release(window_ms_).poke);
}

void Rendition::apply(const package::PackageSettings& settings, std::int64_t window_ms)
{
    window_ms_ = window_ms;
    absent_after_ms_ = kAbsentSegments * std::max<std::int64_t>(settings.segment_ms, 1000);
    if (!stream_) return;
    auto live_only = settings;
    live_only.dvr_window_s = 0;
    stream_->apply(live_only, window_ms);
}

void Rendition::take(const ingest::Message& message, const hook::Moment& moment)
{
    // Another worker may have taken the stream over: what comes from now on is nobody's.
    if (!stream_ || !stream_->current()) return;
    if (!moment.header && !is_new(message, moment)) return;
    last_frame_ms_ = static_cast<std::int64_t>(moment.mono_us / 1000);
    (void)stream_->take_at(message, moment.dts_ms, moment.mono_us);
}

void Rendition::begin_anew()
{
    wants_key_ = true;
    audio_after_ms_ = last_audio_ms_;
}

bool Rendition::is_new(const ingest::Message& message, const hook::Moment& moment)
{
    if (message.type != flv::TagType::video) {
        if (moment.dts_ms <= audio_after_ms_) return false;
        last_audio_ms_ = std::max(last_audio_ms_, moment.dts_ms);
        return true;
    }
    if (wants_key_ && !(moment.key && moment.dts_ms > last_video_ms_)) return false;
    wants_key_ = false;
    last_video_ms_ = std::max(last_video_ms_, moment.dts_ms);
    return true;
}

void Rendition::note_absence()
{
    if (last_frame_ms_ == 0 || mono_ms() - last_frame_ms_ < absent_after_ms_) return;
    if (stream_ && stream_->current()) stream_->note_absence();
}

}  // namespace sluice::ngx
