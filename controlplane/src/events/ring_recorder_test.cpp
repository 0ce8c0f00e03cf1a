#include "ring_recorder.hpp"

#include <gtest/gtest.h>

#include "../service/temporary_store.hpp"
#include "../service/unreliable_store.hpp"

namespace sluice::control::events {
namespace {

using nlohmann::json;

struct RingRecorderTest : testing::Test {
    TemporaryStore store;
    Journal journal = *Journal::open(*store);
    RingRecorder recorder{*store, journal};

    void SetUp() override { ASSERT_TRUE(recorder.load()); }

    static Message message(const std::string& boot, int seq, const json& event)
    {
        return {boot + "-" + std::to_string(seq), event.at("type"), event.dump()};
    }

    bool hear(int seq, const json& event, const std::string& boot = "b")
    {
        return *recorder.hear(message(boot, seq, event), 5000);
    }

    std::vector<std::string> journalled() const
    {
        std::vector<std::string> lines;
        const auto events = *journal.after(0, 1000);
        for (const auto& event : events) {
            const auto channel = event["channel"].is_string() ? event["channel"] : json("-");
            lines.push_back(event["type"].get<std::string>() + " " + channel.get<std::string>() +
                            (event["data"].value("reconciled", false) ? " reconciled" : ""));
        }
        return lines;
    }

    /// What a process that takes this one's place after a kill knows.
    RingRecorder reborn() const
    {
        RingRecorder other(*store, journal);
        EXPECT_TRUE(other.load());
        return other;
    }
};

json started(const std::string& channel, std::int64_t at = 1000)
{
    return {{"type", "stream.started"}, {"channel", channel}, {"ts_ms", at}, {"address", "a"}};
}

json stopped(const std::string& channel, std::int64_t at = 1000,
             const std::string& reason = "disconnected")
{
    return {{"type", "stream.stopped"}, {"channel", channel}, {"ts_ms", at}, {"reason", reason}};
}

json streams(std::int64_t now_ms, std::initializer_list<std::pair<std::string, std::string>> all)
{
    json list = json::array();
    for (const auto& [id, state] : all) list.push_back({{"id", id}, {"state", state}});
    return {{"now_ms", now_ms}, {"streams", list}};
}

TEST_F(RingRecorderTest, EventsAndTheirPlaceAreStoredTogether)
{
    ASSERT_TRUE(recorder.begin("b", 0));
    EXPECT_EQ(recorder.position(), "b-0");
    hear(1, started("demo"));
    EXPECT_EQ(reborn().position(), "b-0");
    EXPECT_TRUE(journalled().empty());

    ASSERT_TRUE(recorder.flush(5000));

    EXPECT_EQ(reborn().position(), "b-1");
    const auto event = journal.after(0, 1)->at(0);
    EXPECT_EQ(event["data"], json({{"address", "a"}}));
    EXPECT_EQ(event["source"], "nginx");
    EXPECT_EQ(event["ts_ms"], 1000);
}

TEST_F(RingRecorderTest, ALongBurstIsWrittenInTransactionsThatTheStoreTakes)
{
    ASSERT_TRUE(recorder.begin("b", 0));
    for (int i = 1; i <= 1000; ++i) hear(i, started("c" + std::to_string(i)));
    ASSERT_TRUE(recorder.flush(5000));
    EXPECT_EQ(journalled().size(), 1000U);
    EXPECT_EQ(reborn().position(), "b-1000");
}

/// Hears `count` starts as the reader does: after a failure again from where the recorder stands.
void follow(RingRecorder& recorder, int count, int attempts)
{
    for (int i = 0; i < attempts; ++i) {
        const auto& place = recorder.position();
        const auto seq = std::stoi(place.substr(place.rfind('-') + 1)) + 1;
        if (seq > count) return;
        const json event = started("c" + std::to_string(seq));
        static_cast<void>(
            recorder.hear({"b-" + std::to_string(seq), event.at("type"), event.dump()}, 5000));
        static_cast<void>(recorder.flush(5000));
    }
}

TEST_F(RingRecorderTest, AfterADiskThatWasFullForLongEachEventIsThereOnce)
{
    UnreliableStore disk(*store);
    RingRecorder other(disk, journal);
    ASSERT_TRUE(other.load());
    ASSERT_TRUE(other.begin("b", 0));
    disk.full = true;
    follow(other, 200, 400);
    EXPECT_TRUE(journalled().empty());
    EXPECT_GE(disk.refused, 200U);

    disk.full = false;
    follow(other, 200, 400);

    ASSERT_TRUE(other.flush(9000));
    EXPECT_EQ(reborn().position(), "b-200");
    const auto lines = journalled();
    ASSERT_EQ(lines.size(), 200U);
    EXPECT_EQ(lines.front(), "stream.started c1");
    EXPECT_EQ(lines.back(), "stream.started c200");
}

TEST_F(RingRecorderTest, StreamsThatEndedWhileTheDiskWasFullAreMadeUpForOnce)
{
    UnreliableStore disk(*store);
    RingRecorder other(disk, journal);
    ASSERT_TRUE(other.load());
    ASSERT_TRUE(other.begin("b", 0));
    follow(other, 200, 200);
    ASSERT_TRUE(other.flush(5000));
    ASSERT_TRUE(other.hear({"b-900", "reset", "{}"}, 5000));
    disk.full = true;
    for (int i = 0; i < 200; ++i) EXPECT_FALSE(other.settle(streams(9000, {}), 9000));
    disk.full = false;
    ASSERT_TRUE(other.settle(streams(9000, {}), 9000));
    EXPECT_FALSE(other.lost());
    EXPECT_EQ(journalled().size(), 401U);
}

TEST_F(RingRecorderTest, WhatTheJournalHasAlreadyIsNotWrittenTwice)
{
    ASSERT_TRUE(recorder.begin("b", 0));
    hear(1, {{"type", "channel.created"}, {"channel", "a"}, {"id", "x-1"}});
    hear(2, {{"type", "test.own"}, {"channel", "a"}, {"data", {{"n", 1}}}});
    ASSERT_TRUE(recorder.flush(5000));
    EXPECT_EQ(journalled(), std::vector<std::string>{"test.own a"});
    EXPECT_EQ(journal.after(0, 1)->at(0).at("data"), json({{"n", 1}}));
}

TEST_F(RingRecorderTest, AnOverrunIsJournalledAndTheStreamsAreComparedOnce)
{
    ASSERT_TRUE(recorder.begin("b", 0));
    hear(1, started("stays"));
    hear(2, started("ended"));
    ASSERT_TRUE(recorder.hear({"b-50", "reset", "{}"}, 5000));
    ASSERT_TRUE(recorder.lost());
    EXPECT_TRUE(reborn().lost()) << "a process killed now has to compare, too";

    ASSERT_TRUE(recorder.settle(
        streams(9000, {{"stays", "live"}, {"new", "live"}, {"ended", "waiting"}}), 9000));
    // These came between the ring's loss and the list: the list told them already.
    hear(51, started("new", 8000));
    hear(52, stopped("ended", 8000));
    hear(53, stopped("new", 9500));
    ASSERT_TRUE(recorder.flush(9999));

    EXPECT_FALSE(reborn().lost());
    EXPECT_EQ(journalled(),
              (std::vector<std::string>{"stream.started stays", "stream.started ended",
                                        "events.lost -", "stream.stopped ended reconciled",
                                        "stream.started new reconciled", "stream.stopped new"}));
    const auto lost = journal.after(2, 1)->at(0).at("data");
    EXPECT_EQ(lost, json({{"reason", "overrun"}, {"after", "b-2"}, {"count", 48}}));
}

TEST_F(RingRecorderTest, AnotherNginxHasEndedAllStreamsOfTheOneBefore)
{
    ASSERT_TRUE(recorder.begin("b", 0));
    hear(7, started("demo"));
    ASSERT_TRUE(recorder.flush(5000));
    auto next = reborn();
    ASSERT_TRUE(next.begin("c", 6000));
    EXPECT_EQ(next.position(), "c-0");
    EXPECT_EQ(journalled(), (std::vector<std::string>{"stream.started demo", "events.lost -",
                                                      "stream.stopped demo reconciled"}));
    EXPECT_FALSE(*next.hear({"d-3", "reset", "{}"}, 6000)) << "a third nginx: begin anew";
}

TEST_F(RingRecorderTest, WhoIsReplacedDoesNotEndTheStream)
{
    ASSERT_TRUE(recorder.begin("b", 0));
    hear(1, started("demo"));
    hear(2, started("demo"));
    hear(3, stopped("demo", 1000, "replaced"));
    ASSERT_TRUE(recorder.hear({"b-9", "reset", "{}"}, 5000));
    ASSERT_TRUE(recorder.settle(streams(5000, {{"demo", "live"}}), 5000));
    EXPECT_EQ(journalled().back(), "events.lost -");
}

TEST_F(RingRecorderTest, NamesThatAreNoChannelsMakeNoSequences)
{
    ASSERT_TRUE(recorder.begin("b", 0));
    hear(1, {{"type", "stream.rejected"}, {"channel", "evil"}, {"reason", "unknown_channel"}});
    hear(2, {{"type", "test.own"}, {"channel", std::string(900, 'x')}});
    ASSERT_TRUE(recorder.flush(5000));
    const auto events = *journal.after(0, 10);
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0]["channel"], json());
    EXPECT_EQ(events[0]["data"]["name"], "evil");
    EXPECT_EQ(events[1]["channel"], json());
}

TEST_F(RingRecorderTest, CountsOfAFloodAreKeptWithThePlace)
{
    ASSERT_TRUE(recorder.begin("b", 0));
    const json refused{{"type", "stream.rejected"}, {"channel", "a"}, {"ts_ms", 1000}};
    for (int i = 1; i <= 30; ++i) hear(i, refused);
    ASSERT_TRUE(recorder.flush(1000));
    EXPECT_EQ(journalled().size(), 5U);
    auto next = reborn();
    for (int i = 31; i <= 40; ++i) {
        ASSERT_TRUE(next.hear(message("b", i, refused), 1500));
    }
    ASSERT_TRUE(next.flush(20'000));
    ASSERT_EQ(journalled().size(), 6U);
    EXPECT_EQ(journal.after(5, 1)->at(0).at("data").at("count"), 35);
    ASSERT_TRUE(reborn().flush(40'000));
    EXPECT_EQ(journalled().size(), 6U);
}

}  // namespace
}  // namespace sluice::control::events
