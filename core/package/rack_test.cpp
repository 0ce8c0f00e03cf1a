#include "rack.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
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
void fill(Window& window, std::uint64_t n, std::uint32_t segments = kMaxSegments)
{
    window.run = n;
    window.end_period = 1;
    for (auto& lane : window.lane) {
        lane.first = n;
        lane.end = n + segments;
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

TEST(RackTest, ReadingTouchesOnlyWhatIsInUse)
{
    constexpr std::size_t kPage = 4096;
    const test::SharedRack rack;
    auto hold = take(rack);
    hold->change([](Window& window) { fill(window, 5, 3); });
    const auto pages = [&] {
        std::vector<unsigned char> is_there(sizeof(StreamRack) / kPage);
        EXPECT_EQ(::mincore(&*rack, is_there.size() * kPage, is_there.data()), 0);
        return std::count_if(is_there.begin(), is_there.end(), [](auto page) { return page & 1; });
    };
    const auto before = pages();
    EXPECT_EQ(seen_run(rack), 5U);
    EXPECT_EQ(pages(), before);
    const auto next = take(rack);
    EXPECT_EQ(next->window().run, 5U);
    EXPECT_LE(pages(), 2 * before + 1) << "nor does taking over";
}

}  // namespace
}  // namespace sluice::package
