#include "boundaries.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::package {
namespace {

constexpr std::int64_t kSecond = 90'000;
constexpr std::int64_t kFrame = 3600;
constexpr Boundaries::Durations kDurations{.target = 2 * kSecond, .longest = 6 * kSecond};

Lead lead(std::int64_t dts, bool key)
{
    return {.dts = dts, .duration = kFrame, .key = key};
}

/// Seconds at which segments begin when every `gop`-th frame of 25 a second is a key frame.
std::vector<double> cuts(Boundaries& boundaries, int gop, int frames)
{
    std::vector<double> found;
    for (int i = 0; i < frames; ++i) {
        const auto cut = boundaries.before(lead(i * kFrame, gop > 0 && i % gop == 0));
        if (cut) found.push_back(static_cast<double>(cut->time) / kSecond);
    }
    return found;
}

TEST(BoundariesTest, KeyFramesEveryTargetBeginASegmentEach)
{
    Boundaries boundaries(kDurations, 100);
    EXPECT_EQ(cuts(boundaries, 50, 200), (std::vector<double>{0, 2, 4, 6}));
    EXPECT_EQ(boundaries.open()->sequence, 103U);
}

TEST(BoundariesTest, ShortGroupsOfPicturesShareASegment)
{
    Boundaries boundaries(kDurations, 1);
    EXPECT_EQ(cuts(boundaries, 20, 150), (std::vector<double>{0, 2.4, 4.8}));
}

TEST(BoundariesTest, LongOnesAreCutWhereTheSegmentMayGrowNoLonger)
{
    Boundaries boundaries(kDurations, 1);
    // Once it is known how long they are, evenly.
    EXPECT_EQ(cuts(boundaries, 250, 400), (std::vector<double>{0, 6, 10, 12, 14}));
    Boundaries none(kDurations, 1);
    EXPECT_FALSE(none.before(lead(0, false))->independent);
}

TEST(BoundariesTest, RoundingOfMillisecondsDoesNotMissTheTarget)
{
    Boundaries boundaries(kDurations, 1);
    EXPECT_TRUE(boundaries.before({.dts = 0, .duration = 3000, .key = true}));
    EXPECT_TRUE(boundaries.before({.dts = 2 * kSecond - 90, .duration = 3000, .key = true}));
}

TEST(BoundariesTest, AKeyFrameBeforeTheTargetIsTakenWhereTheNextOneWouldBeTooLate)
{
    Boundaries boundaries({.target = 2 * kSecond, .longest = 2 * kSecond + kSecond / 2}, 1);
    EXPECT_EQ(cuts(boundaries, 38, 200), (std::vector<double>{0, 1.52, 3.04, 4.56, 6.08, 7.6}));
}

TEST(BoundariesTest, SoundGoesOnWhenThePictureStops)
{
    Boundaries boundaries({.target = 2 * kSecond, .longest = 2 * kSecond}, 1);
    EXPECT_FALSE(boundaries.without_lead(100 * kSecond));  // nothing has begun
    EXPECT_TRUE(boundaries.before(lead(0, true)));
    EXPECT_FALSE(boundaries.without_lead(3 * kSecond));
    const auto cut = boundaries.without_lead(3 * kSecond + 1);
    ASSERT_TRUE(cut);
    EXPECT_EQ(cut->time, 2 * kSecond);
    EXPECT_FALSE(cut->independent);
}

TEST(BoundariesTest, PiecesOfLongGroupsEndWithTheGroup)
{
    Boundaries boundaries({.target = 2 * kSecond, .longest = 2 * kSecond + kSecond / 2}, 1);
    std::vector<std::int64_t> frames;
    for (std::int64_t i = 0; i < 900; ++i) {
        const Lead unit{.dts = i * 3003, .duration = 3003, .key = i % 300 == 0};
        if (boundaries.before(unit)) frames.push_back(i);
    }
    EXPECT_EQ(frames, (std::vector<std::int64_t>{0, 74, 148, 222, 296, 300, 360, 420, 480, 540, 600,
                                                 660, 720, 780, 840}));
}

TEST(BoundariesTest, SegmentsInsideOfAGroupBeginWithTheFrameThatIsSeenFirst)
{
    Boundaries boundaries({.target = 2 * kSecond, .longest = 2 * kSecond}, 1);
    const auto at = [](std::int64_t frame, std::int32_t later) {
        return Lead{.dts = frame * kFrame,
                    .duration = kFrame,
                    .key = frame == 0,
                    .composition = later * static_cast<std::int32_t>(kFrame)};
    };
    EXPECT_EQ(boundaries.before(at(0, 2))->presentation, 2 * kFrame);
    const auto cut = boundaries.before(at(50, 4));
    ASSERT_TRUE(cut);
    EXPECT_EQ(cut->presentation, 52 * kFrame);
}

}  // namespace
}  // namespace sluice::package
