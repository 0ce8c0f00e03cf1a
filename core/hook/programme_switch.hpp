#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace sluice::hook {

/// Whose picture viewers of a channel with a watermark see.
enum class Source : std::uint8_t {
    input,   ///< what the encoder sends
    marked,  ///< what a process made of it, some frames later
};

/// Goes from one to the other at a key frame, so that nothing is seen twice and no time falls. Both
/// have the same timeline: what is left is left at a key frame, and the other begins at its own key
/// frame of that time, or a later one. Nothing is shown in between.
class ProgrammeSwitch {
public:
    /// What has to be known of a frame.
    struct Frame {
        Source from{};
        bool video = true;
        bool key = false;
        std::int64_t dts_ms = 0;
    };

    explicit ProgrammeSwitch(std::optional<Source> shown) : shown_(shown), wanted_(shown) {}

    /// From now on this is to be seen; nothing: neither, at once.
    void want(std::optional<Source> source);

    /// The source ended: no key frame of it has to be waited for.
    void lost(Source source);

    /// Whether viewers get this frame.
    bool passes(const Frame& frame);

    const std::optional<Source>& shown() const { return shown_; }
    const std::optional<Source>& wanted() const { return wanted_; }

private:
    bool begins(const Frame& frame) const;

    static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

    std::optional<Source> shown_;
    std::optional<Source> wanted_;
    std::int64_t last_video_ms_ = kNever;
    std::int64_t last_audio_ms_ = kNever;
    std::int64_t audio_after_ms_ = kNever;  ///< the other source gave the sound until then
};

}  // namespace sluice::hook
