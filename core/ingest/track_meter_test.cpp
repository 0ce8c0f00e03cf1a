#include "track_meter.hpp"

#include <gtest/gtest.h>

namespace sluice::ingest {
namespace {

/// Counts frames every `step_ms` until a window ends; the time of the frame that ended it.
std::int64_t one_window(TrackMeter& meter, std::int64_t from_ms, std::int64_t step_ms,
                        std::uint64_t bytes)
{
    auto at = from_ms;
    for (int i = 0; i < 1000 && !meter.count(at, at, bytes); ++i) at += step_ms;
    return at;
}

TEST(TrackMeter, SaysNothingBeforeTheFirstWindowEnds)
{
    TrackMeter meter;
    for (std::int64_t i = 0; i < 50; ++i) EXPECT_FALSE(meter.count(i * 40, i * 40, 1000)) << i;
    EXPECT_EQ(meter.bits_per_second(), 0U);
    EXPECT_TRUE(meter.count(2000, 2000, 1000));
}

TEST(TrackMeter, MeasuresFramesAndBitsOfAWindow)
{
    TrackMeter meter;
    const auto end = one_window(meter, 0, 40, 5000);
    EXPECT_FLOAT_EQ(meter.frames_per_second(), 25);
    EXPECT_EQ(meter.bits_per_second(), 1'000'000U);
    one_window(meter, end + 20, 20, 5000);
    EXPECT_NEAR(meter.frames_per_second(), 50, 0.5);
    EXPECT_NEAR(meter.bits_per_second(), 2'000'000, 20'000);
}

TEST(TrackMeter, AClockThatJumpsBackBeginsANewWindow)
{
    TrackMeter meter;
    const auto end = one_window(meter, 1'000'000, 40, 5000);
    EXPECT_FALSE(meter.count(0, end + 40, 5000));
    EXPECT_FLOAT_EQ(meter.frames_per_second(), 25) << "the last good figures stay";
    for (std::int64_t at = 40; !meter.count(at, end + 40 + at, 5000);) at += 40;
    EXPECT_FLOAT_EQ(meter.frames_per_second(), 25);
    EXPECT_GT(end, 0);
}

TEST(TrackMeter, OneFrameAfterAPauseIsALowRateNotADivisionByNothing)
{
    TrackMeter meter;
    meter.count(0, 0, 1000);
    EXPECT_TRUE(meter.count(3'600'000, 3'600'000, 1000));
    EXPECT_NEAR(meter.frames_per_second(), 1.0 / 3600, 1e-5);
    EXPECT_EQ(meter.bits_per_second(), 2U);
}

TEST(TrackMeter, MediaThatArrivesSlowerThanItPlaysIsALowerRate)
{
    TrackMeter meter;
    std::int64_t at = 0;
    while (!meter.count(at, 2 * at, 5000)) at += 40;
    EXPECT_NEAR(meter.frames_per_second(), 12.5, 0.5);
    EXPECT_NEAR(meter.bits_per_second(), 500'000, 20'000);
}

TEST(TrackMeter, ABurstIsNoHigherRate)
{
    TrackMeter meter;
    std::int64_t at = 0;
    while (!meter.count(at, at / 100, 5000)) at += 40;
    EXPECT_FLOAT_EQ(meter.frames_per_second(), 25);
}

}  // namespace
}  // namespace sluice::ingest
