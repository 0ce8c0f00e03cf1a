#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace sluice::media {

/// Turns the milliseconds of FLV into times of 90 kHz. Milliseconds can't say 29.97 frames a
/// second: frames of a steady rate are put on the grid of that rate, so that a duration can be told
/// before the next frame is there. Frames that are on no grid keep their milliseconds.
class VideoClock {
public:
    /// `fps`: as the stream's headers say it; 0: unknown. Frames that disagree are believed
    /// instead.
    explicit VideoClock(double fps = 0);

    struct Time {
        std::int64_t dts = 0;
        std::uint32_t duration = 0;  ///< how long this frame lasts if the next comes when it should
    };

    /// The time of the next frame, later than that of the last one.
    Time place(std::int64_t dts_ms);

    /// Frames per second of the grid; 0: there is none.
    double rate() const;

private:
    /// Frames per second as a fraction.
    struct Rate {
        std::int64_t frames = 0;
        std::int64_t seconds = 1;
    };

    static std::optional<Rate> standard(double fps);
    static std::int64_t grid(const Rate& rate, std::int64_t index);
    bool fits(const Rate& rate) const;
    void remember(std::int64_t dts_ms);
    std::optional<Rate> measured() const;
    void look_for_rate();
    bool stay_on_grid(std::int64_t time);
    Time on_grid();
    Time off_grid(std::int64_t time);

    static constexpr std::size_t kWindow = 32;

    std::array<std::int64_t, kWindow> recent_{};  ///< milliseconds of the last frames, oldest first
    std::size_t remembered_ = 0;
    std::optional<Rate> hint_;
    std::optional<Rate> rate_;
    std::int64_t anchor_ = 0;  ///< time of frame 0 of the grid
    std::int64_t index_ = 0;   ///< of the frame that is being placed
    std::int64_t last_dts_ = -1;
    std::uint32_t last_duration_ = 0;
};

}  // namespace sluice::media
