#include "rack.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "core/hub/test_process.hpp"
#include "test_stream.hpp"

namespace sluice::package {
namespace {

using hub::own_process_id;
using hub::test::Child;
using hub::test::Signal;
using hub::test::stay;

std::optional<Hold> take(const test::SharedRack& rack)
{
    return take_over(*rack, own_process_id());
}

void write_run(Hold& hold, std::uint64_t run)
{
    hold.change([&](Window& window) { window.run = run; });
}

std::uint64_t seen_run(const test::SharedRack& rack)
{
    return test::window_of(*rack)->run;
}

TEST(RackTest, NothingIsSeenBeforeTheFirstPublisher)
{
    const test::SharedRack rack;
    auto window = std::make_unique<Window>();
    EXPECT_FALSE(edition_of(*rack));
    EXPECT_FALSE(read_window(*rack, *window));
    EXPECT_FALSE(peek_window(*rack, [](const Window&) {}));
    EXPECT_EQ(changed_ms(*rack), 0);
    EXPECT_FALSE(clear(*rack, {}));
}

TEST(RackTest, WhatAPublisherWroteStaysWhenItLetsGoAndGoesToTheNext)
{
    const test::SharedRack rack;
    {
        auto first = take(rack);
        ASSERT_TRUE(first);
        EXPECT_TRUE(first->current());
        write_run(*first, 5);
        first->note_time(123);
    }
    EXPECT_EQ(seen_run(rack), 5U);
    EXPECT_EQ(changed_ms(*rack), 123);
    const auto second = take(rack);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->window().run, 5U);
    EXPECT_EQ(seen_run(rack), 5U);
}

TEST(RackTest, AStoppedPublisherThatWakesWritesWhereNobodyLooks)
{
    const test::SharedRack rack;
    auto stopped = take(rack);
    write_run(*stopped, 1);
    auto next = take(rack);
    ASSERT_TRUE(next);
    EXPECT_FALSE(stopped->current());
    EXPECT_TRUE(next->current());
    write_run(*next, 2);
    const auto edition = edition_of(*rack);
    write_run(*stopped, 3);
    stopped->note_time(99);
    EXPECT_EQ(seen_run(rack), 2U);
    EXPECT_EQ(changed_ms(*rack), 0);
    EXPECT_EQ(edition_of(*rack), edition);
    stopped.reset();
    EXPECT_TRUE(next->current());
}

TEST(RackTest, ThreeMayHoldAtOnceAndAFourthWaits)
{
    const test::SharedRack rack;
    auto first = take(rack);
    auto second = take(rack);
    auto third = take(rack);
    ASSERT_TRUE(first && second && third);
    EXPECT_FALSE(take(rack)) << "all are of a living process";
    EXPECT_TRUE(third->current());
    first.reset();
    auto fourth = take(rack);
    ASSERT_TRUE(fourth);
    EXPECT_TRUE(fourth->current());
    EXPECT_FALSE(third->current());
}

TEST(RackTest, OfAKilledPublisherThePlaceIsFree)
{
    const test::SharedRack rack;
    for (std::uint64_t i = 1; i < 8; ++i) {
        Child child([&] {
            auto hold = take(rack);
            if (!hold || hold->window().run != i - 1) return false;
            write_run(*hold, i);
            ::_exit(0);  // without letting go
        });
        ASSERT_TRUE(child.wait()) << i;
        EXPECT_EQ(seen_run(rack), i);
    }
}

TEST(RackTest, WhatWasClearedIsGoneUnlessItChangedMeanwhile)
{
    const test::SharedRack rack;
    auto hold = take(rack);
    write_run(*hold, 1);
    const auto before = edition_of(*rack);
    write_run(*hold, 2);
    EXPECT_FALSE(clear(*rack, before));
    const auto now = edition_of(*rack);
    EXPECT_TRUE(clear(*rack, now));
    EXPECT_FALSE(clear(*rack, now)) << "one of those who try did it";
    EXPECT_FALSE(edition_of(*rack));
    EXPECT_FALSE(hold->current());
    auto next = take(rack);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->window().run, 0U) << "empty";
    EXPECT_EQ(next->window().next_sequence, 0U);
}

TEST(RackTest, NoEditionComesAgain)
{
    const test::SharedRack rack;
    std::vector<Edition> seen;
    for (int i = 0; i < 50; ++i) {
        auto hold = take(rack);
        for (int j = 0; j < 3; ++j) {
            seen.push_back(edition_of(*rack));
            write_run(*hold, 1);
        }
        if (i % 5 == 0) clear(*rack, edition_of(*rack));
    }
    for (std::size_t i = 0; i < seen.size(); ++i) {
        EXPECT_TRUE(seen[i]);
        EXPECT_EQ(std::count(seen.begin(), seen.end(), seen[i]), 1);
    }
}

/// A window that is in every place what `n` makes of it.
void fill(Window& window, std::uint64_t n)
{
    window.run = n;
    window.end_period = 1;
    for (auto& lane : window.lane) {
        lane.first = n;
        lane.end = n + kMaxSegments;
        for (auto i = lane.first; i < lane.end; ++i) {
            lane.at(i) = {.sequence = i, .time = static_cast<std::int64_t>(n)};
        }
    }
}

/// Every lane is as one writer left it, or empty because that was killed in the middle of it.
bool fits(const Window& window)
{
    for (const auto& lane : window.lane) {
        if (lane.empty()) continue;
        if (lane.end - lane.first > kMaxSegments) return false;
        for (auto i = lane.first; i < lane.end; ++i) {
            if (lane.at(i).sequence != i) return false;
        }
    }
    return true;
}

bool whole(const Window& window)
{
    for (const auto& lane : window.lane) {
        if (lane.first != window.run) return false;
        for (auto i = lane.first; i < lane.end; ++i) {
            if (lane.at(i).time != static_cast<std::int64_t>(window.run)) return false;
        }
    }
    return fits(window);
}

/// Takes over and writes until it is killed.
bool write_for_ever(const test::SharedRack& rack, const Signal& wrote)
{
    auto hold = take(rack);
    while (!hold) hold = take(rack);
    for (std::uint64_t n = hold->window().run + 1;; n += 7) {
        hold->change([&](Window& window) { fill(window, n); });
        wrote.raise();
        // Time for those who read, too: nobody writes all the time.
        for (int i = 0; i < 20'000; ++i) (void)edition_of(*rack);
    }
}

TEST(RackTest, ReadersSeeWholeWindowsWhoeverIsKilledWhileItWrites)
{
    const test::SharedRack rack;
    const Signal wrote;
    auto window = std::make_unique<Window>();
    std::minstd_rand random(1);
    int read = 0;
    for (int round = 0; round < 30; ++round) {
        Child writer([&] { return write_for_ever(rack, wrote); });
        ASSERT_TRUE(wrote.wait());
        for (auto i = random() % 20; i > 0; --i) {
            if (!read_window(*rack, *window)) continue;
            ASSERT_TRUE(whole(*window)) << "the writer lives: " << round;
            ++read;
        }
        for (auto i = random() % 20'000; i > 0; --i) (void)edition_of(*rack);
        writer.kill();
        while (wrote.raised()) {
            ASSERT_TRUE(wrote.wait());
        }
        const auto edition = read_window(*rack, *window);
        ASSERT_TRUE(edition) << "what the dead left can be read";
        ASSERT_TRUE(fits(*window)) << round;
        if ((edition->lock & 1) == 0) {
            ASSERT_TRUE(whole(*window)) << round;
        }
    }
    EXPECT_GT(read, 0);
}

/// Two complete segments and an open one with two parts.
std::unique_ptr<Window> sound_window()
{
    auto window = std::make_unique<Window>();
    window->name_size = 4;
    window->end_period = 1;
    auto& lane = window->of(Lane::video);
    lane.first = 10;
    lane.end = 13;
    lane.parts = 6;
    for (std::uint64_t i = 10; i < 13; ++i) {
        lane.at(i) = {.sequence = i,
                      .first_part = (i - 10) * 2,
                      .parts = 2,
                      .bytes = 300,
                      .complete = i < 12};
    }
    for (std::size_t i = 0; i < 6; ++i) {
        lane.part[i] = {.offset = i % 2 == 0 ? 0U : 100U, .bytes = i % 2 == 0 ? 100U : 200U};
    }
    return window;
}

TEST(MendTest, LeavesAWindowThatFitsTogetherAlone)
{
    const auto window = sound_window();
    mend(*window);
    EXPECT_EQ(window->of(Lane::video).first, 10U);
    EXPECT_EQ(window->of(Lane::video).end, 13U);
    EXPECT_EQ(window->of(Lane::video).at(12).bytes, 300U);
}

TEST(MendTest, AnOpenSegmentEndsWithItsLastPart)
{
    const auto window = sound_window();
    window->of(Lane::video).at(12).bytes = 1000;
    mend(*window);
    EXPECT_EQ(window->of(Lane::video).at(12).bytes, 300U);
}

TEST(MendTest, EmptiesALaneWhoseNumbersDoNotFit)
{
    const auto emptied = [](auto&& spoil) {
        const auto window = sound_window();
        spoil(window->of(Lane::video));
        mend(*window);
        return window->of(Lane::video).empty();
    };
    EXPECT_TRUE(emptied([](LaneWindow& lane) { lane.end = 9; }));
    EXPECT_TRUE(emptied([](LaneWindow& lane) { lane.end = 14; }));
    EXPECT_TRUE(emptied([](LaneWindow& lane) { lane.end = 10 + kMaxSegments + 1; }));
    EXPECT_TRUE(emptied([](LaneWindow& lane) { lane.at(11).sequence = 12; }));
    EXPECT_TRUE(emptied([](LaneWindow& lane) { lane.at(11).period = 1; }));
    EXPECT_TRUE(emptied([](LaneWindow& lane) { lane.at(12).parts = 3; }));
    EXPECT_TRUE(emptied([](LaneWindow& lane) { lane.parts = 5; }));
    EXPECT_FALSE(emptied([](LaneWindow&) {}));
}

TEST(MendTest, EmptiesAWindowWhosePeriodsDoNotFit)
{
    const auto window = sound_window();
    window->first_period = 2;
    mend(*window);
    EXPECT_EQ(window->name_size, 0U);
    const auto another = sound_window();
    another->name_size = hub::kMaxName + 1;
    mend(*another);
    EXPECT_TRUE(another->name_text().empty());
}

}  // namespace
}  // namespace sluice::package
