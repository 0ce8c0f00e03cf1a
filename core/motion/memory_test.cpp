#include "memory.hpp"

#include <gtest/gtest.h>

#include <array>

namespace sluice::motion {
namespace {

constexpr std::array<std::uint8_t, 100> kData{1, 2, 3};

Unit picture(std::int64_t at_ms, bool key, std::size_t size = 10)
{
    return {.dts = at_ms * 90, .at_ms = at_ms, .sync = key, .data = std::span(kData).first(size)};
}

/// A key frame every second, four frames between.
void fill(Memory& memory, std::int64_t from_ms, std::int64_t until_ms)
{
    for (auto at = from_ms; at < until_ms; at += 200) memory.add(picture(at, at % 1000 == 0));
}

std::vector<std::int64_t> times(const Memory& memory, std::uint64_t first)
{
    std::vector<std::int64_t> found;
    memory.read(first, [&](const Unit& unit) {
        found.push_back(unit.at_ms);
        return true;
    });
    return found;
}

TEST(MotionMemory, NothingIsKeptBeforeTheFirstKeyFrame)
{
    Memory memory(1000);
    memory.add(picture(0, false));
    memory.add({.track = 1, .sync = true, .data = kData});

    EXPECT_FALSE(memory.key_before(0));
    EXPECT_TRUE(times(memory, 0).empty());
}

TEST(MotionMemory, ReadingBeginsAtAKeyFrameAndGivesWhatWasKept)
{
    Memory memory(10'000);
    fill(memory, 0, 3000);
    const auto first = memory.key_before(1900);

    ASSERT_TRUE(first);
    const auto found = times(memory, *first);
    ASSERT_EQ(found.size(), 10u);
    EXPECT_EQ(found.front(), 1000);
    EXPECT_EQ(found.back(), 2800);
    memory.read(*first, [](const Unit& unit) {
        EXPECT_EQ(unit.data.size(), 10u);
        EXPECT_EQ(unit.data[1], 2);
        return true;
    });
}

TEST(MotionMemory, ReadingGoesOnWhereItStopped)
{
    Memory memory(10'000);
    fill(memory, 0, 2000);
    const auto next = memory.read(0, [](const Unit& unit) { return unit.at_ms < 1200; });
    EXPECT_EQ(times(memory, next).front(), 1200);

    const auto end = memory.read(next, [](const Unit&) { return true; });
    EXPECT_TRUE(times(memory, end).empty());
    fill(memory, 2000, 2400);
    EXPECT_EQ(times(memory, end), (std::vector<std::int64_t>{2000, 2200}));
}

TEST(MotionMemory, WhatIsForgottenLeavesAKeyFrameBeforeTheTimeThatIsNeeded)
{
    Memory memory(10'000);
    fill(memory, 0, 5000);
    memory.forget_before(2999);

    EXPECT_EQ(times(memory, 0).front(), 2000);
    EXPECT_EQ(memory.key_before(0), 10u);
}

TEST(MotionMemory, OfTooManyBytesTheOldestGo)
{
    Memory memory(120);
    fill(memory, 0, 5000);

    EXPECT_EQ(times(memory, 0).front(), 3000);
}

TEST(MotionMemory, AGroupThatIsTooLargeIsGoneUntilTheNextKeyFrame)
{
    Memory memory(120);
    memory.add(picture(0, true, 100));
    EXPECT_TRUE(memory.full(100));
    memory.add(picture(40, false, 100));
    EXPECT_FALSE(memory.key_before(40));
    memory.add(picture(80, false));
    EXPECT_FALSE(memory.key_before(80));

    memory.add(picture(120, true));
    EXPECT_EQ(times(memory, 0), std::vector<std::int64_t>{120});
}

}  // namespace
}  // namespace sluice::motion
