#include "boundaries.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::package {
namespace {

constexpr std::int64_t kSecond = 90'000;
constexpr std::int64_t kFrame = 3600;
constexpr Boundaries::Durations kDurations{.target = 2 * kSecond, .longest = 6 * kSecond};

/// Seconds at which segments begin when every `gop`-th frame of 25 a second is a key frame.
std::vector<double> cuts(Boundaries& boundaries, int gop, int frames)
{
    std::vector<double> found;
    for (int i = 0; i < frames; ++i) {
        const auto cut = boundaries.before(i * kFrame, kFrame, gop > 0 && i % gop == 0);
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
    EXPECT_EQ(cuts(boundaries, 250, 400), (std::vector<double>{0, 6, 10}));
    Boundaries none(kDurations, 1);
    EXPECT_FALSE(none.before(0, kFrame, false)->independent);
}

TEST(BoundariesTest, RoundingOfMillisecondsDoesNotMissTheTarget)
{
    Boundaries boundaries(kDurations, 1);
    EXPECT_TRUE(boundaries.before(0, 3000, true));
    EXPECT_TRUE(boundaries.before(2 * kSecond - 90, 3000, true));
}

TEST(BoundariesTest, AChangeCutsAtTheNextUnit)
{
    Boundaries boundaries(kDurations, 1);
    EXPECT_TRUE(boundaries.before(0, kFrame, true));
    EXPECT_FALSE(boundaries.before(kFrame, kFrame, false));
    boundaries.cut_at_next();
    const auto cut = boundaries.before(2 * kFrame, kFrame, false);
    ASSERT_TRUE(cut);
    EXPECT_FALSE(cut->independent);
    EXPECT_FALSE(boundaries.before(3 * kFrame, kFrame, false));
}

}  // namespace
}  // namespace sluice::package
