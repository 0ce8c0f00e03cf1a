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
    const fmp4::BoxTree tree(chunk.bytes);
    EXPECT_EQ(tree.broken, "");
    EXPECT_EQ(tree.at("mdat").remaining(), 500U);
}

TEST(ChunkWriterTest, AUnitThatComesLaterThanToldMakesTheOneBeforeItLonger)
{
    ChunkWriter writer(media::Kind::video, 0);
    writer.add(unit(0, 3600, true));
    writer.add(unit(7200, 3600));
    const auto chunk = writer.take();
    EXPECT_EQ(chunk.duration, 10'800U);
    auto run = fmp4::BoxTree(chunk.bytes).at("moof/traf/trun");
    run.skip(12);
    EXPECT_EQ(run.u32(), 7200U);
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
        auto header = fmp4::BoxTree(chunk.bytes).at("moof/mfhd");
        header.skip(4);
        EXPECT_EQ(header.u32(), i);
    }
}

}  // namespace
}  // namespace sluice::package
