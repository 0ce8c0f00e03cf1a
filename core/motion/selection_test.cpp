#include "selection.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::motion {
namespace {

/// Frames of 25 a second with a key frame every `gop_ms`; those that are taken.
std::vector<std::int64_t> taken(Selection& selection, std::int64_t gop_ms, std::int64_t from_ms,
                                std::int64_t until_ms)
{
    std::vector<std::int64_t> found;
    for (auto at = from_ms; at < until_ms; at += 40) {
        if (selection.take(at % gop_ms == 0, at)) found.push_back(at);
    }
    return found;
}

TEST(MotionSelection, NothingIsTakenBeforeAKeyFrame)
{
    Selection selection(1000);
    EXPECT_FALSE(selection.take(false, 0));
    EXPECT_TRUE(selection.take(true, 40));
    EXPECT_TRUE(selection.take(false, 80));
}

TEST(MotionSelection, AllIsTakenWhereKeyFramesAreFarApart)
{
    Selection selection(1000);

    EXPECT_EQ(taken(selection, 4000, 0, 20'000).size(), 500u);
}

TEST(MotionSelection, KeyFramesNearTheIntervalAreEnoughOnceTheyAreKnown)
{
    Selection selection(5000);
    EXPECT_EQ(taken(selection, 2000, 0, 2000).size(), 50u);

    const auto found = taken(selection, 2000, 2000, 22'000);

    // A key frame every four seconds and the four behind it.
    ASSERT_EQ(found.size(), 25u);
    for (std::size_t i = 0; i < found.size(); i += 5) {
        EXPECT_EQ(found[i], 4000 + static_cast<std::int64_t>(i / 5) * 4000);
        EXPECT_EQ(found[i + 4], found[i] + 160);
    }
}

TEST(MotionSelection, WhenKeyFramesStayAwayAllIsTakenFromTheNextOn)
{
    Selection selection(2000);
    taken(selection, 1000, 0, 10'000);
    EXPECT_TRUE(selection.take(true, 10'000));

    // One every ten seconds from now on.
    const auto found = taken(selection, 10'000, 10'040, 30'000);

    EXPECT_EQ(found.size(), 4u + 250u);
    EXPECT_EQ(found.at(4), 20'000);
}

TEST(MotionSelection, WhereFramesWereLostItGoesOnWithAKeyFrame)
{
    Selection selection(1000);
    taken(selection, 4000, 0, 2000);
    selection.wait_for_key();

    EXPECT_EQ(taken(selection, 4000, 2000, 6000).front(), 4000);
}

}  // namespace
}  // namespace sluice::motion
