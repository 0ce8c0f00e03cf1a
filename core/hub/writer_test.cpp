#include "writer.hpp"

#include <algorithm>
#include <vector>

#include "test_hub.hpp"

namespace sluice::hub {
namespace {

using namespace test;

class HubWriter : public ::testing::Test {
protected:
    Result<void> append_bytes(std::span<const std::uint8_t> bytes, TagFacts facts = {.type = 9})
    {
        const std::array<std::span<const std::uint8_t>, 1> pieces{bytes};
        return writer.append(pieces, facts);
    }
    std::uint64_t tail() const { return writer.ring().tail_seq.load(); }
    std::uint64_t head() const { return writer.ring().head_seq.load(); }

    SharedZone shared{small_geometry()};
    Zone zone = shared.zone;
    Claim first = claim(zone, "demo");
    Writer writer = first.writer;
};

TEST_F(HubWriter, LaysThePiecesOfATagEndToEnd)
{
    const std::array<std::uint8_t, 3> front{1, 2, 3};
    const std::array<std::uint8_t, 2> back{4, 5};
    const std::array<std::span<const std::uint8_t>, 3> pieces{front, std::span<std::uint8_t>{},
                                                              back};
    ASSERT_TRUE(writer.append(pieces, {.type = 8, .flags = kKey, .dts_ms = 40, .arrival_us = 7}));
    const auto& tag = zone.descriptor(writer.ring(), head() - 1);
    EXPECT_EQ(tag.size, 5U);
    EXPECT_EQ(tag.dts_ms, 40);
    EXPECT_EQ(tag.arrival_us, 7U);
    EXPECT_EQ(tag.type, 8);
    EXPECT_EQ(tag.flags, kKey);
    const auto* bytes = zone.bytes(writer.ring()) + tag.offset % writer.ring().bytes;
    EXPECT_EQ(std::vector<std::uint8_t>(bytes, bytes + 5),
              (std::vector<std::uint8_t>{1, 2, 3, 4, 5}));
    EXPECT_EQ(writer.ring().bytes_in.load(), 5U);
    EXPECT_EQ(writer.ring().tags_in.load(), 1U);
}

TEST_F(HubWriter, GivesTheNewestTagAsItLiesThereAndWholeWhereTheRingWraps)
{
    std::vector<std::uint8_t> scratch;
    EXPECT_TRUE(writer.newest_tag(scratch).empty());
    const auto third = writer.ring().bytes / 3;
    for (int i = 0; i < 12; ++i) {
        const std::vector<std::uint8_t> bytes(third + static_cast<std::size_t>(i),
                                              static_cast<std::uint8_t>(i + 1));
        ASSERT_TRUE(append_bytes(bytes));
        const auto newest = writer.newest_tag(scratch);
        EXPECT_TRUE(std::ranges::equal(newest, bytes)) << i;
    }
    EXPECT_FALSE(scratch.empty()) << "it did wrap";
}

TEST_F(HubWriter, RefusesNothingAndMoreThanHalfARingAndWritesNothingThen)
{
    append(writer, 0, true);
    const auto before = head();
    const std::vector<std::uint8_t> most(writer.largest_tag());
    const std::vector<std::uint8_t> over(writer.largest_tag() + 1);
    EXPECT_EQ(append_bytes(over).error().code, Errc::limit);
    EXPECT_EQ(append_bytes({}).error().code, Errc::limit);
    EXPECT_EQ(head(), before);
    EXPECT_EQ(tail(), 0U);
    EXPECT_TRUE(append_bytes(most));
}

TEST_F(HubWriter, GivesUpTheOldestTagsAndNoMoreThanItMust)
{
    const std::vector<std::uint8_t> quarter(writer.ring().bytes / 4);
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(append_bytes(quarter));
    EXPECT_EQ(tail(), 0U) << "four quarters fit";
    ASSERT_TRUE(append_bytes(std::vector<std::uint8_t>(1)));
    EXPECT_EQ(tail(), 1U);
    ASSERT_TRUE(append_bytes(quarter));
    EXPECT_EQ(tail(), 2U);
}

TEST_F(HubWriter, GivesUpTagsWhenTheDescriptorsRunOutBeforeTheBytes)
{
    const std::array<std::uint8_t, 1> byte{0};
    const auto descriptors = writer.ring().descriptors;
    for (std::uint32_t i = 0; i < descriptors; ++i) ASSERT_TRUE(append_bytes(byte));
    EXPECT_EQ(tail(), 0U);
    ASSERT_TRUE(append_bytes(byte));
    EXPECT_EQ(tail(), 1U);
}

TEST_F(HubWriter, AKeyFrameThatWasGivenUpIsNobodysStart)
{
    append(writer, 0, true);
    EXPECT_EQ(writer.ring().newest_key.load(), head());
    std::uint64_t n = 1;
    while (tail() == 0) append(writer, n++, false);
    EXPECT_EQ(writer.ring().newest_key.load(), 0U);
}

TEST_F(HubWriter, MeasuresTheOpenGroupOfPictures)
{
    EXPECT_EQ(writer.group_bytes(), 0U);
    append(writer, 0, false, 100);
    EXPECT_EQ(writer.group_bytes(), tag_bytes(0, 0, 100).size())
        << "no key frame yet: all there is";
    append(writer, 1, true, 500);
    append(writer, 2, false, 300);
    EXPECT_EQ(writer.group_bytes(), tag_bytes(1, 0, 500).size() + tag_bytes(2, 0, 300).size());
}

TEST_F(HubWriter, ShowsTheTracksItHasSeen)
{
    const std::array<std::uint8_t, 4> bytes{};
    EXPECT_EQ(writer.ring().tracks.load(), 0U);
    ASSERT_TRUE(append_bytes(bytes, {.type = 18}));
    EXPECT_EQ(writer.ring().tracks.load(), 0U) << "a script tag is no track";
    ASSERT_TRUE(append_bytes(bytes, {.type = 8}));
    EXPECT_EQ(writer.ring().tracks.load(), kAudioTrack);
    ASSERT_TRUE(append_bytes(bytes, {.type = 9}));
    EXPECT_EQ(writer.ring().tracks.load(), kAudioTrack | kVideoTrack);
}

TEST_F(HubWriter, ConfigTagsReplaceEachOtherAndHaveALimit)
{
    const std::vector<std::uint8_t> long_one(100, 1);
    const std::vector<std::uint8_t> short_one(10, 2);
    ASSERT_TRUE(writer.set_config(ConfigKind::video, long_one));
    ASSERT_TRUE(writer.set_config(ConfigKind::video, short_one));
    const auto& config = writer.ring().config[static_cast<std::size_t>(ConfigKind::video)];
    EXPECT_EQ(config.size, 10U);
    EXPECT_EQ(config.bytes[0], 2);
    const std::vector<std::uint8_t> too_long(kConfigBytes + 1);
    EXPECT_EQ(writer.set_config(ConfigKind::audio, too_long).error().code, Errc::limit);
    EXPECT_EQ(config.size, 10U);
    ASSERT_TRUE(writer.set_config(ConfigKind::video, {}));
    EXPECT_EQ(config.size, 0U);
}

}  // namespace
}  // namespace sluice::hub
