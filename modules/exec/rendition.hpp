#pragma once

#include <memory>
#include <string>

#include "core/package/package_settings.hpp"
#include "hook_host.hpp"
#include "modules/ingest/published_stream.hpp"

namespace sluice::ngx {

/// A stream that a process makes of another one: `<id>/<rendition>`. Its segments are those of the
/// programme: they begin where its begin.
class Rendition {
public:
    /// `programme`: what it is a rendition of.
    Rendition(const std::string& name, const hub::StreamRecord& programme);
    ~Rendition();
    Rendition(const Rendition&) = delete;
    Rendition& operator=(const Rendition&) = delete;

    void apply(const package::PackageSettings& settings, std::int64_t window_ms);
    void take(const ingest::Message& message, const hook::Moment& moment);
    /// Another process makes it from now on: it may give once more what is there already.
    void begin_anew();
    /// To be called twice a second. While the process is down: what the programme has and this
    /// doesn't is told to viewers as missing.
    void note_absence();

private:
    bool is_new(const ingest::Message& message, const hook::Moment& moment);

    std::unique_ptr<PublishedStream> stream_;  ///< nullptr: the hub had no place
    std::int64_t window_ms_ = 0;
    std::int64_t absent_after_ms_ = 0;  ///< without a frame
    std::int64_t last_frame_ms_ = 0;    ///< monotonic
    bool wants_key_ = true;
    std::int64_t last_video_ms_ = -1;  ///< of the stream, like …
    std::int64_t last_audio_ms_ = -1;
    std::int64_t audio_after_ms_ = -1;  ///< … this: the sound until then is there
};

}  // namespace sluice::ngx
