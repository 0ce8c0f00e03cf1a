#include "audio_clock.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace sluice::media {
namespace {

constexpr std::uint32_t kFrame = 1024;

TEST(AudioClockTest, FramesFollowEachOtherWithoutAGap)
{
    for (const std::uint32_t rate : {48000U, 44100U, 22050U}) {
        AudioClock clock(rate);
        std::int64_t next = 0;
        for (int i = 0; i < 20'000; ++i) {
            const auto ms = static_cast<std::int64_t>(std::floor(i * kFrame * 1000.0 / rate));
            ASSERT_EQ(clock.place(ms, kFrame), next) << i;
            next += kFrame;
        }
    }
}

TEST(AudioClockTest, SamplesThatAreMissingAreAGap)
{
    AudioClock clock(48000);
    clock.place(0, kFrame);
    EXPECT_EQ(clock.place(500, kFrame), 24'000);
    EXPECT_EQ(clock.place(521, kFrame), 24'000 + kFrame);
}

TEST(AudioClockTest, ASamplingClockThatIsFastIsFollowedForAnHour)
{
    AudioClock clock(48000);
    std::int64_t last = -1;
    const int frames = 3600 * 48000 / kFrame;
    for (int i = 0; i < frames; ++i) {
        const double stamped = i * kFrame / 48.0 / 1.001;
        const auto at = clock.place(std::llround(stamped), kFrame);
        ASSERT_NEAR(at / 48.0, stamped, 12) << i;
        ASSERT_GT(at, last);
        last = at;
    }
}

TEST(AudioClockTest, ALittleJitterMovesNothing)
{
    AudioClock clock(48000);
    clock.place(0, kFrame);
    EXPECT_EQ(clock.place(28, kFrame), kFrame);
    EXPECT_EQ(clock.place(36, kFrame), 2 * kFrame);
}

}  // namespace
}  // namespace sluice::media
