#include "video_clock.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace sluice::media {
namespace {

struct Case {
    double fps;
    bool hinted;
};

class SteadyRate : public testing::TestWithParam<Case> {};

/// FLV's times of frame `i`, rounded and cut off.
std::int64_t rounded_ms(double fps, int i)
{
    return std::llround(i * 1000 / fps);
}

std::int64_t cut_ms(double fps, int i)
{
    return static_cast<std::int64_t>(i * 1000 / fps);
}

TEST_P(SteadyRate, IsExactOnceItIsKnownAndNeverDriftsFromTheStream)
{
    const auto [fps, hinted] = GetParam();
    for (const auto& ms : {rounded_ms, cut_ms}) {
        VideoClock clock(hinted ? fps : 0);
        std::int64_t last = -1;
        for (int i = 0; i < 5000; ++i) {
            const auto time = clock.place(ms(fps, i));
            ASSERT_GT(time.dts, last);
            ASSERT_NEAR(static_cast<double>(time.dts), i * 90000 / fps, 270) << i;
            if (i > 40) {
                ASSERT_NEAR(static_cast<double>(time.dts - last), 90000 / fps, 1) << i;
                ASSERT_NEAR(time.duration, 90000 / fps, 1) << i;
            }
            last = time.dts;
        }
        EXPECT_NEAR(clock.rate(), fps, 0.001);
    }
}

INSTANTIATE_TEST_SUITE_P(VideoClock, SteadyRate,
                         testing::Values(Case{24000.0 / 1001, true}, Case{24, true}, Case{25, true},
                                         Case{30000.0 / 1001, true}, Case{30, true}, Case{50, true},
                                         Case{60000.0 / 1001, true}, Case{60, true},
                                         Case{25, false}, Case{30, false}, Case{50, false},
                                         Case{60, false}, Case{10, false}, Case{15, false}));

TEST(VideoClockTest, WrongHeadersAreNotBelieved)
{
    VideoClock clock(50);
    for (int i = 0; i < 100; ++i) clock.place(std::int64_t{i} * 40);
    EXPECT_EQ(clock.rate(), 25);
}

TEST(VideoClockTest, AMissingFrameLeavesAGapOfItsSize)
{
    VideoClock clock(25);
    for (int i = 0; i < 50; ++i) clock.place(std::int64_t{i} * 40);
    const auto before = clock.place(2000);
    const auto after = clock.place(2120);
    EXPECT_EQ(after.dts - before.dts, 3 * 3600);
    EXPECT_EQ(clock.rate(), 25);
}

TEST(VideoClockTest, AnUnsteadyStreamKeepsItsMilliseconds)
{
    VideoClock clock;
    std::int64_t ms = 0;
    for (int i = 0; i < 200; ++i) {
        ms += 20 + (i * 37) % 50;
        EXPECT_EQ(clock.place(ms).dts, ms * 90);
    }
    EXPECT_EQ(clock.rate(), 0);
}

TEST(VideoClockTest, AChangeOfRateIsFollowed)
{
    VideoClock clock(25);
    std::int64_t ms = 0;
    for (int i = 0; i < 100; ++i) clock.place(ms += 40);
    std::int64_t last = clock.place(ms += 20).dts;
    for (int i = 0; i < 100; ++i) {
        const auto time = clock.place(ms += 20);
        EXPECT_GT(time.dts, last);
        last = time.dts;
    }
    EXPECT_EQ(clock.rate(), 50);
    EXPECT_NEAR(static_cast<double>(last), static_cast<double>(ms * 90), 180);
}

TEST(VideoClockTest, AClockThatIsATenthOfAPercentFastIsFollowed)
{
    VideoClock clock(25);
    for (int i = 0; i < 90'000; ++i) {
        const auto ms = std::llround(i * 40 / 1.001);
        ASSERT_NEAR(static_cast<double>(clock.place(ms).dts), static_cast<double>(ms * 90), 270)
            << i;
    }
}

TEST(VideoClockTest, TimesThatStandStillStillRise)
{
    VideoClock clock;
    const auto first = clock.place(1000).dts;
    EXPECT_EQ(clock.place(1000).dts, first + 1);
    EXPECT_EQ(clock.place(900).dts, first + 2);
}

}  // namespace
}  // namespace sluice::media
