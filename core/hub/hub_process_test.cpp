#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "events.hpp"
#include "test_hub.hpp"
#include "test_process.hpp"

/// The hub among processes: kill -9 and SIGSTOP at any moment, races of all with all.
namespace sluice::hub {
namespace {

using namespace test;

constexpr std::uint64_t kForever = ~std::uint64_t{0};

Claim claim_as(const Zone& zone, std::string_view name, bool may_replace, std::uint32_t slot = 0)
{
    return claim_stream(zone, *open_stream(zone, name), name, own_process_id(), slot, may_replace,
                        1);
}

/// Writes tags as fast as it can, from `first` on, a key frame every 16 tags.
bool write_tags(Writer writer, std::uint64_t first, std::uint64_t end)
{
    for (auto n = first; n < end; ++n) append(writer, n, n % 16 == 0, 200 + n % 1500);
    return true;
}

/// Watches until tag `last` came; false for anything torn, doubled or out of order. An overrun
/// makes it join anew.
bool watch_until(const Zone& zone, StreamRecord& stream, std::uint64_t last, const Signal& begun,
                 std::uint64_t max)
{
    Viewer viewer(zone, stream);
    std::int64_t newest = -1;
    bool told = false;
    for (;;) {
        const auto sight = viewer.step(max);
        if (sight == Sight::ended) return false;
        for (const auto& tag : viewer.tags()) {
            if (!tag.whole || static_cast<std::int64_t>(tag.n) <= newest) return false;
            newest = static_cast<std::int64_t>(tag.n);
            if (!std::exchange(told, true)) begun.raise();
        }
        if (newest >= static_cast<std::int64_t>(last)) return true;
        if (sight == Sight::overrun) viewer = Viewer(zone, stream);
    }
}

class HubProcesses : public ::testing::Test {
protected:
    SharedZone shared{small_geometry()};
    Zone zone = shared.zone;
};

TEST_F(HubProcesses, ReadersOfAWriterAtFullSpeedNeverTakeATornTag)
{
    constexpr std::uint64_t kTags = 60'000;
    auto& stream = *open_stream(zone, "demo");
    Signal begun, all;
    Child writer([&] {
        auto claimed = claim_as(zone, "demo", false);
        append(claimed.writer, 0, true);
        begun.raise();
        return all.wait() && write_tags(claimed.writer, 1, kTags) &&
               (append(claimed.writer, kTags, true), all.wait());
    });
    ASSERT_TRUE(begun.wait());
    std::vector<Child> readers;
    for (const std::uint64_t max : {64 * kKiB, 4 * kKiB, 333UL}) {
        readers.emplace_back([&, max] { return watch_until(zone, stream, kTags, begun, max); });
    }
    for (std::size_t i = 0; i < readers.size(); ++i) ASSERT_TRUE(begun.wait());
    all.raise();
    for (auto& reader : readers) EXPECT_TRUE(reader.wait());
    all.raise();
    EXPECT_TRUE(writer.wait());
}

TEST_F(HubProcesses, NothingOfAFrozenWriterIsSeenAfterItWasReplaced)
{
    auto& stream = *open_stream(zone, "demo");
    Signal begun, replaced;
    Child old([&] {
        auto claimed = claim_as(zone, "demo", false);
        append(claimed.writer, 0, true);
        begun.raise();
        for (std::uint64_t n = 1; claimed.writer.current(); ++n)
            append(claimed.writer, n, n % 8 == 0);
        // It did not look in time: what it writes now is for nobody.
        for (std::uint64_t n = 0; n < 300; ++n) append(claimed.writer, 5'000'000'000 + n, true);
        release(zone, claimed.writer, 5000);
        replaced.raise();
        return true;
    });
    ASSERT_TRUE(begun.wait());
    Viewer viewer(zone, stream);
    std::int64_t newest = -1;
    std::int64_t newest_ms = -1;
    const auto look = [&] {
        const auto sight = viewer.drain();
        if (sight == Sight::overrun) viewer = Viewer(zone, stream);
        for (const auto& tag : viewer.tags()) {
            EXPECT_TRUE(tag.whole);
            EXPECT_LT(tag.n, 5'000'000'000U);
            EXPECT_GE(tag.dts_ms, newest_ms);
            newest = static_cast<std::int64_t>(tag.n);
            newest_ms = tag.dts_ms;
        }
    };
    look();
    old.stop();
    auto next = claim_as(zone, "demo", true);
    ASSERT_EQ(next.result, Claimed::replaced);
    const auto from = next.last_dts_ms + 40;
    for (std::uint64_t n = 0; n < 20; ++n) {
        append(next.writer, 4'000'000'000 + n, n % 8 == 0, 1000,
               from + static_cast<std::int64_t>(n) * 40);
        look();
    }
    old.go_on();
    for (std::uint64_t n = 20; !replaced.raised(); ++n) {
        append(next.writer, 4'000'000'000 + n, n % 8 == 0, 1000,
               from + static_cast<std::int64_t>(n) * 40);
        look();
    }
    EXPECT_TRUE(old.wait());
    EXPECT_TRUE(next.writer.current());
    EXPECT_GE(newest, 4'000'000'000);
}

TEST_F(HubProcesses, AKilledWritersStreamWaitsAndIsContinuedByAnother)
{
    auto& stream = *open_stream(zone, "demo");
    Signal begun;
    Child old([&] {
        auto claimed = claim_as(zone, "demo", false);
        append(claimed.writer, 0, true);
        begun.raise();
        return write_tags(claimed.writer, 1, kForever);
    });
    ASSERT_TRUE(begun.wait());
    EXPECT_EQ(claim_as(zone, "demo", false).result, Claimed::duplicate);
    old.kill();
    int waiting = 0;
    keep_house(zone, 1000, [&](const Ended& ended) { waiting += ended.waiting ? 1 : 0; });
    EXPECT_EQ(waiting, 1);
    EXPECT_EQ(Current::unpack(stream.current.load()).state, State::waiting);
    for (std::uint32_t i = 0; i < zone.header().rings; ++i)
        EXPECT_EQ(zone.ring(i).owner.load(), 0U);
    auto next = claim_as(zone, "demo", false);
    EXPECT_EQ(next.result, Claimed::resumed);
    EXPECT_FALSE(next.ended) << "the end was told of already";
    EXPECT_GE(next.last_dts_ms, 0);
}

TEST_F(HubProcesses, ADeadWritersStreamCanBeContinuedBeforeHousekeeping)
{
    Signal begun;
    Child old([&] {
        auto claimed = claim_as(zone, "demo", false);
        append(claimed.writer, 7, true);
        begun.raise();
        return stay();
    });
    ASSERT_TRUE(begun.wait());
    old.kill();
    const auto next = claim_as(zone, "demo", false);
    EXPECT_EQ(next.result, Claimed::resumed);
    EXPECT_EQ(next.last_dts_ms, 280);
    EXPECT_EQ(next.ended, auth::Reason::disconnected) << "its end is the claimer's to tell";
    int told = 0;
    keep_house(zone, 1000, [&](const Ended&) { ++told; });
    EXPECT_EQ(told, 0);
}

TEST_F(HubProcesses, WritersKilledAtAnyMomentLeaveNothingBroken)
{
    auto& stream = *open_stream(zone, "demo");
    std::int64_t newest = -1;
    stream.window_ms.store(1'000'000);
    Viewer viewer(zone, stream);
    for (int round = 0; round < 60; ++round) {
        Signal begun;
        Child writer([&] {
            for (;;) {  // claims, grows, goes: killed anywhere
                auto claimed = claim_as(zone, "demo", true);
                if (!claimed.writer) return false;
                SlotMask poke = 0;
                auto at = static_cast<std::uint64_t>(
                    claimed.last_dts_ms < 0 ? 0 : claimed.last_dts_ms / 40 + 1);
                for (int i = 0; i < 20; ++i) append(claimed.writer, at++, i % 8 == 0);
                grow(zone, claimed.writer, 200 * kKiB, own_process_id(), 0, poke);
                for (int i = 0; i < 20; ++i) append(claimed.writer, at++, i % 8 == 0);
                begun.raise();
                release(zone, claimed.writer, 1'000'000);
            }
        });
        for (int i = 0; i <= round % 7; ++i) ASSERT_TRUE(begun.wait());
        writer.kill();
        keep_house(zone, round, [](const Ended&) {});
        for (std::uint32_t i = 0; i < zone.header().rings; ++i)
            EXPECT_EQ(zone.ring(i).owner.load(), 0U);
        if (viewer.drain() == Sight::overrun) viewer = Viewer(zone, stream);
        for (const auto& tag : viewer.tags()) {
            EXPECT_TRUE(tag.whole);
            EXPECT_GE(tag.dts_ms, newest) << "round " << round;
            newest = tag.dts_ms;
        }
    }
    EXPECT_GT(newest, 0);
}

TEST_F(HubProcesses, OfManyClaimantsOneWins)
{
    for (int round = 0; round < 20; ++round) {
        const std::string name = "c" + std::to_string(round % 8);
        Signal start, won, done, end;
        std::vector<Child> children;
        children.reserve(4);
        for (int i = 0; i < 4; ++i) {
            children.emplace_back([&] {
                if (!start.wait()) return false;
                auto claimed = claim_as(zone, name, false);
                if (claimed.writer) won.raise();
                done.raise();
                if (!claimed.writer) return claimed.result == Claimed::duplicate;
                const bool told = end.wait();
                release(zone, claimed.writer, 0);
                return told;
            });
        }
        start.raise(4);
        for (int i = 0; i < 4; ++i) ASSERT_TRUE(done.wait());
        end.raise();
        for (auto& child : children) EXPECT_TRUE(child.wait());
        EXPECT_TRUE(won.wait());
        EXPECT_FALSE(won.raised()) << "two publishers at once";
    }
}

/// How often the name stands in the table.
int records_of(const Zone& zone, std::string_view name)
{
    int count = 0;
    for (std::uint32_t i = 0; i < zone.header().streams; ++i)
        count += is_named(zone, zone.stream(i), name) ? 1 : 0;
    return count;
}

TEST_F(HubProcesses, ManyCreatorsOfFewNamesInAFullTableNeverMakeTwoRecords)
{
    std::vector<Child> children;
    children.reserve(4);
    Signal start;
    for (int c = 0; c < 4; ++c) {
        children.emplace_back([&, c] {
            if (!start.wait()) return false;
            for (int i = 0; i < 3000; ++i) {
                const std::string name = "n" + std::to_string((i * (c + 3) + i / 7) % 20);
                auto* stream = open_stream(zone, name);
                if (stream == nullptr) continue;  // every record was just being used
                if (!add_reader(*stream, static_cast<std::uint32_t>(c))) continue;
                const bool mine = is_named(zone, *stream, name);
                if (mine && (records_of(zone, name) != 1 || name_of(*stream) != name)) return false;
                remove_reader(*stream, static_cast<std::uint32_t>(c));
            }
            return true;
        });
    }
    start.raise(4);
    for (auto& child : children) EXPECT_TRUE(child.wait());
    for (int n = 0; n < 20; ++n) EXPECT_LE(records_of(zone, "n" + std::to_string(n)), 1);
}

TEST_F(HubProcesses, CreatorsKilledAtAnyMomentLeaveTheTableUsable)
{
    for (int round = 0; round < 40; ++round) {
        Signal begun;
        Child creator([&] {
            for (std::uint64_t i = 0;; ++i) {
                open_stream(zone, "r" + std::to_string(i % 50));
                if (i == 20) begun.raise();
            }
            return true;
        });
        ASSERT_TRUE(begun.wait());
        creator.kill();
        const std::string name = "after" + std::to_string(round);
        auto* stream = open_stream(zone, name);
        ASSERT_NE(stream, nullptr);
        EXPECT_EQ(name_of(*stream), name);
        EXPECT_EQ(records_of(zone, name), 1);
    }
}

TEST_F(HubProcesses, WhileACreatorIsStoppedKnownNamesAreStillFound)
{
    auto* known = open_stream(zone, "known");
    Signal begun;
    Child creator([&] {
        zone.header().creator.store(own_process_id());
        begun.raise();
        return stay();
    });
    ASSERT_TRUE(begun.wait());
    creator.stop();
    EXPECT_EQ(open_stream(zone, "known"), known);
    EXPECT_EQ(open_stream(zone, "new"), nullptr);
    creator.kill();
    EXPECT_NE(open_stream(zone, "new"), nullptr) << "a dead holder loses the right";
}

TEST_F(HubProcesses, SlotsOfTheDeadAreReusedAndThoseOfTheLivingNever)
{
    Signal claimed;
    std::vector<Child> children;
    for (std::uint32_t i = 0; i < kSlots; ++i) {
        children.emplace_back([&] {
            const bool got = claim_slot(zone, own_process_id()).has_value();
            claimed.raise();
            return got && stay();
        });
    }
    for (std::uint32_t i = 0; i < kSlots; ++i) ASSERT_TRUE(claimed.wait());
    children[5].stop();
    EXPECT_FALSE(claim_slot(zone, own_process_id())) << "all 64 live; a stopped one does, too";
    const auto dead = children[9].pid();
    std::uint32_t slot_of_dead = kSlots;
    for (std::uint32_t i = 0; i < kSlots; ++i) {
        if (pid_of(zone.slot(i).owner.load()) == dead) slot_of_dead = i;
    }
    auto& stream = *open_stream(zone, "demo");
    ASSERT_TRUE(add_reader(stream, slot_of_dead));
    want_wakes(stream, slot_of_dead, true);
    stream.viewers[slot_of_dead][0].store(3);
    children[9].kill();
    EXPECT_EQ(claim_slot(zone, own_process_id()), slot_of_dead);
    EXPECT_EQ(stream.readers.load(), 0U);
    EXPECT_EQ(stream.wakes.load(), 0U);
    EXPECT_EQ(viewers_of(stream), 0U);
    EXPECT_FALSE(claim_slot(zone, own_process_id()));
}

TEST_F(HubProcesses, EventsOfManyWritersArriveWholeAndInOrder)
{
    constexpr int kWriters = 3, kEach = 4000;
    Signal start, done;
    std::vector<Child> writers;
    writers.reserve(kWriters);
    for (int w = 0; w < kWriters; ++w) {
        writers.emplace_back([&, w] {
            if (!start.wait()) return false;
            for (int i = 0; i < kEach; ++i) {
                const std::string text(20 + i % 900, static_cast<char>('a' + w));
                std::uint64_t seq = 0;
                if (!post_event(zone, text, seq)) return false;
            }
            done.raise();
            return true;
        });
    }
    start.raise(kWriters);
    std::uint64_t next = 1;
    std::string text;
    std::uint64_t heard = 0;
    int finished = 0;
    while (finished < kWriters || next <= newest_event(zone)) {
        if (finished < kWriters && done.raised()) finished += done.wait() ? 1 : kWriters;
        const auto result = read_event(zone, next, text);
        if (result == Heard::none || (result == Heard::open && finished < kWriters)) continue;
        if (result == Heard::lost) {
            next = newest_event(zone);
            continue;
        }
        if (result == Heard::event) {
            ++heard;
            ASSERT_GE(text.size(), 20U);
            ASSERT_EQ(text.find_first_not_of(text[0]), std::string::npos) << "torn";
        }
        ++next;
    }
    for (auto& writer : writers) EXPECT_TRUE(writer.wait());
    EXPECT_GT(heard, 0U);
}

TEST_F(HubProcesses, AnEventWriterThatWasKilledOrStoppedInsideHarmsNoOther)
{
    Signal inside;
    Child writer([&] {
        auto& slot = zone.event(zone.header().event_head.fetch_add(1) + 1);
        slot.stamp.store(3);
        inside.raise();
        return stay();
    });
    ASSERT_TRUE(inside.wait());
    writer.stop();
    std::string text;
    EXPECT_EQ(read_event(zone, 1, text), Heard::open);
    std::uint64_t seq = 0;
    for (int i = 0; i < 40; ++i) {
        ASSERT_TRUE(post_event(zone, "{}", seq));
        EXPECT_NE(seq % 16, 1U) << "the stopped writer may still write there";
        EXPECT_EQ(read_event(zone, seq, text), Heard::event);
    }
    EXPECT_EQ(read_event(zone, 1, text), Heard::lost);
}

TEST_F(HubProcesses, AReaderThatBlocksAfterAskingForWakesNeverHangs)
{
    constexpr std::uint64_t kTags = 20'000;
    constexpr std::uint32_t kReaderSlot = 3;
    const int fd = ::eventfd(0, 0);
    auto& stream = *open_stream(zone, "demo");
    Signal begun;
    Child writer([&] {
        auto claimed = claim_as(zone, "demo", false);
        append(claimed.writer, 0, true);
        begun.raise();
        for (std::uint64_t n = 1; n <= kTags; ++n) {
            append(claimed.writer, n, n % 16 == 0, 100);
            const std::uint64_t one = 1;
            if (announce(zone, stream) != 0 && ::write(fd, &one, sizeof(one)) != sizeof(one))
                return false;
        }
        return true;
    });
    ASSERT_TRUE(begun.wait());
    Viewer viewer(zone, stream);
    std::uint64_t newest = 0;
    int sleeps = 0;
    while (newest < kTags) {
        want_wakes(stream, kReaderSlot, true);
        if (viewer.drain() == Sight::wait) {
            pollfd poll{.fd = fd, .events = POLLIN, .revents = 0};
            const auto tags = viewer.tags();
            if (!tags.empty()) newest = tags.back().n;
            if (newest >= kTags) break;
            ASSERT_EQ(::poll(&poll, 1, 20'000), 1) << "a lost wake-up after tag " << newest;
            std::uint64_t count = 0;
            ASSERT_EQ(::read(fd, &count, sizeof(count)), static_cast<ssize_t>(sizeof(count)));
            take_dirty(zone, kReaderSlot, [](StreamRecord&) {});
            ++sleeps;
        } else {
            viewer = Viewer(zone, stream);
        }
        want_wakes(stream, kReaderSlot, false);
    }
    EXPECT_TRUE(writer.wait());
    EXPECT_GT(sleeps, 0);
    ::close(fd);
}

TEST_F(HubProcesses, AConfigWriterThatWasKilledInsideLetsReadersWaitForTheNextPublisher)
{
    auto& stream = *open_stream(zone, "demo");
    Signal inside;
    Child old([&] {
        auto claimed = claim_as(zone, "demo", false);
        append(claimed.writer, 0, true);
        claimed.writer.ring().config_lock.fetch_add(1);
        inside.raise();
        return stay();
    });
    ASSERT_TRUE(inside.wait());
    old.kill();
    Viewer viewer(zone, stream);
    EXPECT_EQ(viewer.drain(), Sight::wait);
    auto next = claim_as(zone, "demo", false);
    append(next.writer, 1, true);
    viewer.drain();
    EXPECT_EQ(numbers(viewer.tags()), std::vector<std::int64_t>{1});
}

TEST_F(HubProcesses, KilledReadersLeaveNoTraceAfterHousekeeping)
{
    auto& stream = *open_stream(zone, "demo");
    auto claimed = claim_as(zone, "demo", false);
    append(claimed.writer, 0, true);
    Signal begun;
    Child reader([&] {
        const auto slot = claim_slot(zone, own_process_id());
        add_reader(stream, *slot);
        want_wakes(stream, *slot, true);
        begun.raise();
        return watch_until(zone, stream, kForever >> 1, begun, 100);
    });
    ASSERT_TRUE(begun.wait());
    EXPECT_NE(announce(zone, stream), 0U);
    reader.kill();
    keep_house(zone, 0, [](const Ended&) {});
    EXPECT_EQ(stream.readers.load(), 0U);
    EXPECT_EQ(announce(zone, stream), 0U);
    EXPECT_TRUE(claimed.writer.current());
}

}  // namespace
}  // namespace sluice::hub
