#include "chunk_writer.hpp"

#include <gtest/gtest.h>

#include "core/fmp4/box_tree.hpp"
#include "part_target.hpp"

namespace sluice::package {
namespace {

const std::vector<std::uint8_t> kBytes(100, 0xab);

media::AccessUnit unit(std::int64_t dts, std::uint32_t duration, bool key = false)
{
    return {.dts = dts, .duration = duration, .key = key, .data = kBytes};
}

std::vector<std::uint8_t> whole(const Chunk& chunk)
{
    auto bytes = chunk.head;
    bytes.insert(bytes.end(), chunk.media.begin(), chunk.media.end());
    return bytes;
}

TEST(PartTargetTest, IsAWholeNumberOfFrames)
{
    EXPECT_EQ(part_target(18'000, 3600), 18'000U);  // 200 ms at 25 frames a second
    EXPECT_EQ(part_target(18'000, 3003), 15'015U);
    EXPECT_EQ(part_target(18'000, 90'000), 90'000U);
    EXPECT_EQ(part_target(18'000, 0), 18'000U);
}

TEST(ChunkWriterTest, IsFullWhenNoFurtherUnitFits)
{
    ChunkWriter writer(media::Kind::video, 18'000);
    for (int i = 0; i < 5; ++i) {
        EXPECT_FALSE(writer.full()) << i;
        writer.add(unit(1000 + std::int64_t{i} * 3600, 3600, i == 0));
    }
    EXPECT_TRUE(writer.full());
    const auto chunk = writer.take();
    EXPECT_EQ(chunk.decode_time, 1000);
    EXPECT_EQ(chunk.duration, 18'000U);
    EXPECT_TRUE(chunk.independent);
    EXPECT_TRUE(writer.empty());
    const auto bytes = whole(chunk);
    const fmp4::BoxTree tree(bytes);
    EXPECT_EQ(tree.broken, "");
    EXPECT_EQ(tree.at("mdat").remaining(), 500U);
}

TEST(ChunkWriterTest, AUnitThatComesSoonerThanToldMakesTheOneBeforeItShorter)
{
    ChunkWriter writer(media::Kind::video, 18'000);
    writer.add(unit(0, 3600, true));
    writer.add(unit(3590, 3600));
    EXPECT_EQ(writer.take().duration, 7190U);
}

TEST(ChunkWriterTest, AUnitThatComesLaterThanToldMakesTheOneBeforeItLonger)
{
    ChunkWriter writer(media::Kind::video, 0);
    writer.add(unit(0, 3600, true));
    writer.add(unit(7200, 3600));
    const auto chunk = writer.take();
    EXPECT_EQ(chunk.duration, 10'800U);
    const auto bytes = whole(chunk);
    auto run = fmp4::BoxTree(bytes).at("moof/traf/trun");
    run.skip(12);
    EXPECT_EQ(run.u32(), 7200U);
}

TEST(ChunkWriterTest, AClockThatIsFollowedCostsAPartNoFrame)
{
    ChunkWriter writer(media::Kind::video, 18'000);
    for (int i = 0; i < 5; ++i) {
        EXPECT_FALSE(writer.full()) << i;
        EXPECT_FALSE(writer.add(unit(std::int64_t{i} * 3608, 3600, i == 0)));
    }
    EXPECT_TRUE(writer.full());
    EXPECT_EQ(writer.take().duration, 4 * 3608U + 3600);
}

TEST(ChunkWriterTest, NoPartIsLongerThanTold)
{
    ChunkWriter writer(media::Kind::video, 18'000);
    EXPECT_FALSE(writer.add(unit(0, 3600, true)));
    EXPECT_FALSE(writer.add(unit(3600, 3600)));
    const auto late = writer.add(unit(18'000, 3600));
    ASSERT_TRUE(late);
    EXPECT_EQ(late->duration, 7200U);
    EXPECT_EQ(writer.take().decode_time, 18'000);
}

TEST(ChunkWriterTest, WithoutATargetASegmentIsOneChunk)
{
    ChunkWriter writer(media::Kind::audio, 0);
    for (int i = 0; i < 500; ++i) writer.add(unit(std::int64_t{i} * 1024, 1024, true));
    EXPECT_FALSE(writer.full());
    EXPECT_EQ(writer.take().duration, 512'000U);
}

TEST(ChunkWriterTest, NumbersItsChunks)
{
    ChunkWriter writer(media::Kind::audio, 1024);
    for (std::uint32_t i = 1; i < 4; ++i) {
        writer.add(unit(std::int64_t{i} * 1024, 1024, true));
        const auto chunk = writer.take();
        const auto bytes = whole(chunk);
        auto header = fmp4::BoxTree(bytes).at("moof/mfhd");
        header.skip(4);
        EXPECT_EQ(header.u32(), i);
    }
}

}  // namespace
}  // namespace sluice::package
