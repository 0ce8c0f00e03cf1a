#include "multivariant.hpp"

#include <gtest/gtest.h>

namespace sluice::hls {
namespace {

TEST(MultivariantTest, NamesSoundAndPicturesWithTheirMeasure)
{
    const Multivariant playlist{
        .audio = {{.group = "a", .name = "audio", .uri = "s/a/live.m3u8", .channels = 2}},
        .variants = {{.uri = "s/v/live.m3u8",
                      .peak_bps = 2'500'000,
                      .average_bps = 2'100'000,
                      .codecs = "avc1.640028,mp4a.40.2",
                      .width = 1920,
                      .height = 1080,
                      .fps = 30000.0 / 1001,
                      .audio = "a"}}};
    EXPECT_EQ(render(playlist), R"(#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="audio",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="s/a/live.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2500000,AVERAGE-BANDWIDTH=2100000,CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1920x1080,FRAME-RATE=29.970,AUDIO="a"
s/v/live.m3u8
)");
}

TEST(MultivariantTest, SoundAloneIsAVariant)
{
    const Multivariant playlist{
        .variants = {{.uri = "s/a/live.m3u8", .peak_bps = 128'000, .codecs = "opus"}}};
    EXPECT_EQ(render(playlist), R"(#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=128000,CODECS="opus"
s/a/live.m3u8
)");
}

}  // namespace
}  // namespace sluice::hls
