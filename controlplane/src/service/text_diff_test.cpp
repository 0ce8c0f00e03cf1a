#include "text_diff.hpp"

#include <gtest/gtest.h>

namespace sluice::control {
namespace {

TEST(TextDiffTest, EqualTextsHaveNoDifference)
{
    EXPECT_EQ(text_diff("a\nb\n", "a\nb\n"), "");
    EXPECT_EQ(text_diff("", ""), "");
}

TEST(TextDiffTest, AChangedLineIsShownBetweenThreeLinesOfWhatIsAroundIt)
{
    EXPECT_EQ(text_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
              "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

TEST(TextDiffTest, DistantChangesArePartsOfTheirOwn)
{
    std::string before;
    for (int i = 1; i <= 30; ++i) before += std::to_string(i) + "\n";
    auto after = "new\n" + before;
    after.replace(after.find("30\n"), 3, "");
    EXPECT_EQ(text_diff(before, after),
              "@@ -1,3 +1,4 @@\n+new\n 1\n 2\n 3\n@@ -27,4 +28,3 @@\n 27\n 28\n 29\n-30\n");
}

TEST(TextDiffTest, ATextThatAppearsOrGoesIsAllNewOrAllGone)
{
    EXPECT_EQ(text_diff("", "a\nb\n"), "@@ -0,0 +1,2 @@\n+a\n+b\n");
    EXPECT_EQ(text_diff("a\n", ""), "@@ -1,1 +0,0 @@\n-a\n");
}

}  // namespace
}  // namespace sluice::control
