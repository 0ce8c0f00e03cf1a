#include "clip_name.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sluice::motion {
namespace {

constexpr std::int64_t kTime = 1'795'455'605'250;  // 2026-11-23T17:40:05.250Z

TEST(MotionClipName, IsItsTimeAndTellsIt)
{
    const auto name = clip_name(kTime, [](const auto&) { return false; });

    EXPECT_EQ(name, "2026-11-23T17-40-05Z");
    EXPECT_EQ(clip_time(name), kTime - 250);
}

TEST(MotionClipName, ASecondOneOfTheSameSecondIsNumbered)
{
    std::set<std::string> names;
    for (int i = 0; i < 3; ++i)
        names.insert(clip_name(kTime, [&](const auto& name) { return names.contains(name); }));

    EXPECT_EQ(names, (std::set<std::string>{"2026-11-23T17-40-05Z", "2026-11-23T17-40-05Z-2",
                                            "2026-11-23T17-40-05Z-3"}));
    EXPECT_EQ(clip_time("2026-11-23T17-40-05Z-3"), kTime - 250);
}

TEST(MotionClipName, WhatIsNoTimeTellsNone)
{
    for (const auto* name : {"", "holiday", "2026-11-23", "2026-13-23T17-40-05Z"})
        EXPECT_FALSE(clip_time(name)) << name;
}

}  // namespace
}  // namespace sluice::motion
