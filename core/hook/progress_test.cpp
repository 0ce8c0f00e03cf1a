#include "progress.hpp"

#include <gtest/gtest.h>

namespace sluice::hook {
namespace {

// As FFmpeg 5.1 writes them.
constexpr std::string_view kBlock =
    "frame=250\nfps=25.03\nstream_0_0_q=28.0\nbitrate= 409.6kbits/s\ntotal_size=512000\n"
    "out_time_us=10005333\nout_time_ms=10005333\nout_time=00:00:10.005333\ndup_frames=2\n"
    "drop_frames=1\nspeed=   1x\nprogress=continue\n";

const Progress kRead{
    .frame = 250, .fps = 25.03, .speed = 1, .out_time_us = 10005333, .dropped = 1, .duplicated = 2};

TEST(ProgressReader, ReadsABlockHoweverItIsCut)
{
    for (std::size_t size = 1; size <= kBlock.size(); ++size) {
        ProgressReader reader;
        std::optional<Progress> read;
        for (std::size_t at = 0; at < kBlock.size(); at += size) {
            EXPECT_FALSE(read);
            read = reader.add(kBlock.substr(at, size));
        }
        EXPECT_EQ(read, kRead) << size;
    }
}

TEST(ProgressReader, OfSeveralBlocksTheNewestCountsAndNothingOfTheOlder)
{
    ProgressReader reader;

    const auto read = reader.add(std::string(kBlock) + "frame=7\nspeed=N/A\nprogress=end\nfps=1\n");

    EXPECT_EQ(read, Progress{.frame = 7});
}

TEST(ProgressReader, GarbageIsNoProgress)
{
    ProgressReader reader;

    EXPECT_FALSE(reader.add(std::string(1 << 20, 'x')));
    EXPECT_FALSE(reader.add("=\nframe\nframe=\n\n\r"));
    EXPECT_EQ(reader.add("frame=99999999999999999999999\nprogress=\n"), Progress{});
}

}  // namespace
}  // namespace sluice::hook
