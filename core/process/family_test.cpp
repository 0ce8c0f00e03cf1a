#include "family.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

namespace sluice::process {
namespace {

constexpr const char* kStat =
    "42 (a) b (c) S 7 42 42 0 -1 4194304 100 200 0 0 11 22 33 44 20 0 1 0 9999 1000000 256 1844 1 "
    "1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0";

TEST(Family, ReadsWhatTheKernelSaysWhateverTheNameOfTheProgram)
{
    const auto stat = parse_stat(kStat);

    ASSERT_TRUE(stat);
    EXPECT_EQ(stat->parent, 7);
    EXPECT_EQ(stat->cpu_ticks, 11u + 22 + 33 + 44);
    EXPECT_EQ(stat->rss_pages, 256u);
}

TEST(Family, WhatTheKernelDoesNotSayIsNothing)
{
    for (const auto* line : {"", "42 (a", "42 (a) S",
                             "42 (a) S x 42 42 0 -1 4194304 100 200 0 0 11 "
                             "22 33 44 20 0 1 0 9999 1000000 256"})
        EXPECT_FALSE(parse_stat(line)) << line;
}

TEST(Family, ChildrenAreFoundMeasuredAndKilled)
{
    const auto child = fork();
    if (child == 0) {
        for (;;) pause();
    }
    const auto found = children_of(getpid());
    Descendants descendants;
    descendants.look();
    const auto usage = descendants.usage();
    kill_children();
    int status = 0;
    waitpid(child, &status, 0);

    EXPECT_EQ(std::ranges::count(found, child), 1);
    EXPECT_GT(usage.rss_bytes, 0u);
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(std::ranges::count(children_of(getpid()), child), 0);
}

}  // namespace
}  // namespace sluice::process
