#include "fragment.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "box_tree.hpp"

namespace sluice::fmp4 {
namespace {

std::vector<std::uint8_t> with_media(const Fragment& fragment)
{
    std::vector<std::uint8_t> bytes;
    append_fragment_head(fragment, bytes);
    for (const auto& sample : fragment.samples) bytes.resize(bytes.size() + sample.size, 0xee);
    return bytes;
}

TEST(FragmentTest, SaysOfEveryFrameHowLongHowBigAndWhetherItStandsAlone)
{
    const std::array samples{Sample{3600, 1000, 7200, true}, Sample{3600, 50, -3600, false}};
    const auto bytes = with_media({media::Kind::video, 7, 1ULL << 40, samples});
    const BoxTree tree(bytes);
    EXPECT_EQ(tree.broken, "");

    auto header = tree.at("moof/mfhd");
    header.skip(4);
    EXPECT_EQ(header.u32(), 7U);
    auto time = tree.at("moof/traf/tfdt");
    EXPECT_EQ(time.u32(), 1U << 24);
    EXPECT_EQ(time.u64(), 1ULL << 40);

    auto run = tree.at("moof/traf/trun");
    EXPECT_EQ(run.u32(), 0x01000f01U);
    EXPECT_EQ(run.u32(), 2U);
    EXPECT_EQ(bytes.at(run.u32()), 0xee);
    EXPECT_EQ(run.u32(), 3600U);
    EXPECT_EQ(run.u32(), 1000U);
    EXPECT_EQ(run.u32(), 0x02000000U);
    EXPECT_EQ(run.u32(), 7200U);
    run.skip(8);
    EXPECT_EQ(run.u32(), 0x01010000U);
    EXPECT_EQ(static_cast<std::int32_t>(run.u32()), -3600);
    EXPECT_TRUE(run.ok());
    EXPECT_EQ(run.remaining(), 0U);
    EXPECT_EQ(tree.at("mdat").remaining(), 1050U);
}

TEST(FragmentTest, PointsToTheFirstByteOfTheMedia)
{
    const std::array samples{Sample{1024, 200}, Sample{1024, 300}};
    const auto bytes = with_media({media::Kind::audio, 1, 48000, samples});
    auto run = BoxTree(bytes).at("moof/traf/trun");
    EXPECT_EQ(run.u32(), 0x01000301U);
    run.skip(4);
    EXPECT_EQ(run.u32(), bytes.size() - 500);
}

TEST(FragmentTest, GoesBehindWhatIsThereAlready)
{
    const std::array samples{Sample{1024, 10}};
    const Fragment fragment{media::Kind::audio, 1, 0, samples};
    const auto alone = with_media(fragment);
    std::vector<std::uint8_t> both = alone;
    append_fragment_head(fragment, both);
    EXPECT_TRUE(std::equal(alone.begin(), alone.end() - 10, both.begin() + alone.size()));
}

}  // namespace
}  // namespace sluice::fmp4
