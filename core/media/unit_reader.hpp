#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "access_unit.hpp"
#include "audio_clock.hpp"
#include "core/base/result.hpp"
#include "track.hpp"
#include "video_clock.hpp"

namespace sluice::media {

/// Makes access units of a publisher's FLV messages, one instance for each publisher: reads
/// headers, keeps track of the configurations, and turns milliseconds into the time of each track.
class UnitReader {
public:
    /// What a message brought.
    struct Found {
        Kind kind{};
        bool new_track = false;          ///< track(kind) is there, or another one than before
        std::optional<AccessUnit> unit;  ///< borrows from the message
    };

    /// A video or audio message's body, at its normalised decoding time. Nothing in it for headers
    /// that only repeat, frames before the first configuration, and commands. Errors: those of the
    /// message's header and of the configuration; the message is then left out.
    Result<Found> read_video(std::span<const std::uint8_t> body, std::int64_t dts_ms);
    Result<Found> read_audio(std::span<const std::uint8_t> body, std::int64_t dts_ms);

    /// What the publisher says of its frame rate, for streams whose headers don't.
    void expect_rate(double fps) { expected_fps_ = fps; }

    /// Null before its first configuration.
    const Track* track(Kind kind) const;

private:
    Result<Found> video_config(flv::VideoCodec codec, std::span<const std::uint8_t> config);
    Result<Found> audio_config(flv::AudioCodec codec, std::span<const std::uint8_t> config);
    AccessUnit video_unit(const flv::VideoMessage& header, std::span<const std::uint8_t> data,
                          std::int64_t dts_ms);

    std::optional<Track> video_;
    std::optional<Track> audio_;
    double expected_fps_ = 0;
    VideoClock video_clock_;
    std::optional<AudioClock> audio_clock_;
};

}  // namespace sluice::media
