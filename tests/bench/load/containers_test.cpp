#include "containers.hpp"

#include <gtest/gtest.h>

#include "stamp.hpp"
#include "test_containers.hpp"

namespace sluice::bench {
namespace {

TEST(CheckBoxes, APartIsWholeBoxesWithMedia)
{
    const auto part = joined(box("moof", 20), box("mdat", 9));
    EXPECT_TRUE(check_boxes(part));
    for (std::size_t size = 0; size < part.size(); ++size)
        EXPECT_FALSE(check_boxes(View(part).first(size))) << size;
}

TEST(CheckBoxes, ABoxMaySayItsSizeInEightBytes)
{
    Bytes large{0, 0, 0, 1, 'm', 'd', 'a', 't', 0, 0, 0, 0, 0, 0, 0, 17, 5};
    EXPECT_TRUE(check_boxes(large));
    large.pop_back();
    EXPECT_FALSE(check_boxes(large));
}

TEST(TransportPayloads, JoinWhatEachPidCarries)
{
    auto segment = packet(1, {1, 2});
    segment = joined(segment, packet(2, {9}));
    segment = joined(segment, packet(1, {3}));
    const auto payloads = transport_payloads(segment).value();
    EXPECT_EQ(payloads.at(1), (Bytes{1, 2, 3}));
    EXPECT_EQ(payloads.at(2), (Bytes{9}));
}

TEST(TransportPayloads, AreOfWholePackets)
{
    const auto whole = packet(1, {1});
    EXPECT_FALSE(transport_payloads({}));
    EXPECT_FALSE(transport_payloads(View(whole).first(187)));
    EXPECT_FALSE(transport_payloads(Bytes(188)));
}

TEST(FindStamps, NamesTheEarliestAndTheLatest)
{
    Bytes bytes(100, 1);
    write_stamp(bytes.data() + 3, {2000, 8});
    write_stamp(bytes.data() + 30, {1000, 7});
    write_stamp(bytes.data() + 84, {3000, 9});
    const auto range = find_stamps(bytes);
    ASSERT_TRUE(range);
    EXPECT_EQ(range->first.sent_us, 1000);
    EXPECT_EQ(range->first.sequence, 7U);
    EXPECT_EQ(range->last.sent_us, 3000);
    EXPECT_EQ(range->last.sequence, 9U);
}

TEST(FindStamps, ATornOneIsNone)
{
    Bytes bytes(kStampBytes, 1);
    write_stamp(bytes.data(), {1, 1});
    EXPECT_TRUE(find_stamps(bytes));
    EXPECT_FALSE(find_stamps(View(bytes).first(kStampBytes - 1)));
    EXPECT_FALSE(find_stamps({}));
}

}  // namespace
}  // namespace sluice::bench
