#include "totals.hpp"

#include "test_hub.hpp"

namespace sluice::hub::test {
namespace {

std::uint64_t size_of_tag(std::size_t body)
{
    return flv::kTagHeaderSize + body + flv::kPreviousTagSize;
}

class HubTotals : public ::testing::Test {
protected:
    SharedZone shared{small_geometry()};
    const Zone& zone = shared.zone;

    /// A publish session of one tag, ended.
    void publish(std::string_view name)
    {
        auto session = claim(zone, name);
        ASSERT_TRUE(session.writer);
        append(session.writer, 1, true);
        release(zone, session.writer, 0);
    }
};

TEST_F(HubTotals, CountStreamsByState)
{
    auto live = claim(zone, "live");
    auto waiting = claim(zone, "waiting");
    release(zone, waiting.writer, 1'000'000);
    const auto totals = totals_of(zone);
    EXPECT_EQ(totals.live, 1U);
    EXPECT_EQ(totals.waiting, 1U);
    EXPECT_EQ(totals.used, 2U);
}

TEST_F(HubTotals, WhatCameInIsKeptWhenRingsGoToOtherStreams)
{
    constexpr std::uint64_t kSessions = 50;  // with seven rings and eight records
    for (std::uint64_t i = 0; i < kSessions; ++i) publish("s" + std::to_string(i));
    EXPECT_EQ(totals_of(zone).bytes_in, kSessions * size_of_tag(1000));
}

TEST_F(HubTotals, WhatCameInIsCountedOnceWhenTheSessionMovesToALargerRing)
{
    auto session = claim(zone, "demo");
    append(session.writer, 1, true);
    SlotMask poke = 0;
    ASSERT_TRUE(grow(zone, session.writer, 200 * kKiB, own_process_id(), 0, poke));
    append(session.writer, 2, false);
    EXPECT_EQ(totals_of(zone).bytes_in, 2 * size_of_tag(1000));
    release(zone, session.writer, 0);
    for (int i = 0; i < 20; ++i) publish("other" + std::to_string(i));
    EXPECT_EQ(totals_of(zone).bytes_in, 22 * size_of_tag(1000));
}

TEST_F(HubTotals, WhatWentOutIsKeptWhenTheRecordBecomesAnothers)
{
    for (std::uint64_t i = 0; i < 20; ++i) {
        auto* stream = open_stream(zone, "s" + std::to_string(i));
        ASSERT_NE(stream, nullptr);
        stream->bytes_out[3] += 10;
        stream->skip_count += 1;
        stream->skip_tags += 2;
        stream->skip_ms += 3;
        stream->overruns += 4;
        const auto totals = totals_of(zone);
        EXPECT_EQ(totals.bytes_out, (i + 1) * 10);
        EXPECT_EQ(totals.skip_count, i + 1);
        EXPECT_EQ(totals.skip_tags, (i + 1) * 2);
        EXPECT_EQ(totals.skip_ms, (i + 1) * 3);
        EXPECT_EQ(totals.overruns, (i + 1) * 4);
    }
}

}  // namespace
}  // namespace sluice::hub::test
