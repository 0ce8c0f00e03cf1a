#include "viewer_sessions.hpp"

#include <array>
#include <list>
#include <random>
#include <string>

#include "test_hub.hpp"
#include "test_process.hpp"

/// Sessions among processes: all note requests at once, and are killed at any moment.
namespace sluice::hub {
namespace {

using namespace test;

constexpr std::int64_t kLifetime = 6000;
constexpr std::array kProtocols{Protocol::hls, Protocol::cmaf_hls, Protocol::dash};

class HubViewerSessionProcesses : public ::testing::Test {
protected:
    Noted note(std::uint32_t viewer, std::int64_t now_ms)
    {
        return note_request(zone, *streams.at(viewer % 2), kProtocols.at(viewer % 3),
                            "viewer " + std::to_string(viewer), now_ms, kLifetime);
    }
    /// Notes requests of some viewers in any order until it is killed; its clock is the zone's
    /// stamp.
    bool note_without_end(std::uint32_t viewers, std::uint32_t seed, const Signal& begun)
    {
        std::minstd_rand random(seed);
        for (std::uint32_t n = 0;; ++n) {
            note(static_cast<std::uint32_t>(random() % viewers),
                 static_cast<std::int64_t>(zone.next_stamp() / 16));
            if (n == 100) begun.raise();
        }
    }
    std::uint32_t counted(std::int64_t now_ms)
    {
        count_sessions(zone, now_ms);
        return viewers_of(*streams[0]) + viewers_of(*streams[1]);
    }

    SharedZone shared{small_geometry()};
    Zone zone = shared.zone;
    Claim first = claim(zone, "first"), second = claim(zone, "second");
    std::array<StreamRecord*, 2> streams{find_stream(zone, "first"), find_stream(zone, "second")};
};

TEST_F(HubViewerSessionProcesses, ViewersThatManyNoteAtOnceAreCountedOnce)
{
    constexpr std::uint32_t kViewers = 96;
    const Signal start;
    constexpr int kWorkers = 4;
    std::vector<Child> workers;
    workers.reserve(kWorkers);
    for (int w = 0; w < kWorkers; ++w) {
        workers.emplace_back([&] {
            if (!start.wait()) return false;
            for (std::uint32_t i = 0; i < 2 * kViewers; i += 2) note(i, 1000);  // of one stream
            return true;
        });
    }
    start.raise(kWorkers);
    for (auto& worker : workers) EXPECT_TRUE(worker.wait());
    EXPECT_EQ(viewers_of(*streams[0]), kViewers);
    EXPECT_EQ(counted(1000), kViewers);
    EXPECT_EQ(zone.header().sessions_used.load(), kViewers);
}

/// Whatever the killed and the living left: once a lifetime has passed, the counts are those of the
/// viewers that came since.
TEST_F(HubViewerSessionProcesses, CountsSettleToTheTruthWhoeverIsKilled)
{
    constexpr std::uint32_t kViewers = 300;  // more than there is room for
    constexpr std::uint32_t kStay = 150;
    const Signal begun;
    std::uint32_t seed = 1;
    const auto worker = [&] {
        return Child([&, mine = seed++] { return note_without_end(kViewers, mine, begun); });
    };
    std::list<Child> workers;
    for (int i = 0; i < 3; ++i) workers.push_back(worker());
    const auto now = [&] { return static_cast<std::int64_t>(zone.next_stamp() / 16); };
    for (int round = 0; round < 60; ++round) {
        ASSERT_TRUE(begun.wait());
        workers.pop_front();
        EXPECT_LE(counted(now()), kMinSessions);
        workers.push_back(worker());
    }
    workers.clear();
    // Those who find no place enter once what the killed left is over.
    const auto ended = now();
    const auto settled = ended + kLifetime + 1000;
    for (auto at = ended; at <= settled; at += 1000) {
        for (std::uint32_t i = 0; i < kStay; ++i) note(i, at);
    }
    for (std::uint32_t i = 0; i < kStay; ++i) EXPECT_EQ(note(i, settled), Noted::known);
    EXPECT_EQ(counted(settled), kStay);
    EXPECT_EQ(viewers_of(*streams[0]), kStay / 2);
    for (const auto protocol : kProtocols)
        EXPECT_EQ(viewers_of(*streams[0], protocol) + viewers_of(*streams[1], protocol), kStay / 3);
    EXPECT_EQ(counted(settled + kLifetime + 100), 0U);
    EXPECT_EQ(zone.header().sessions_used.load(), 0U);
}

/// A worker that is stopped inside its count may end it late, with what was true before.
TEST_F(HubViewerSessionProcesses, AStoppedCountIsPutRightByTheNext)
{
    const Signal begun;
    Child counter([&] {
        begun.raise();
        for (;;) count_sessions(zone, 1000);
        return true;
    });
    ASSERT_TRUE(begun.wait());
    counter.stop();
    for (std::uint32_t i = 0; i < 30; ++i) note(i, 1000);
    counter.go_on();
    counter.kill();
    EXPECT_EQ(counted(1000), 30U);
}

}  // namespace
}  // namespace sluice::hub
