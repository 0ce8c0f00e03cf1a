#include "multivariant.hpp"

#include <cstring>

#include "test_window.hpp"

namespace sluice::package {
namespace {

using WindowVariantsTest = test::WindowTest;

TEST_F(WindowVariantsTest, NothingIsThereBeforeTheFirstSegment)
{
    EXPECT_FALSE(multivariant(*window_));
    EXPECT_FALSE(multivariant(*std::make_unique<Window>()));
}

TEST_F(WindowVariantsTest, VariantsOverCmafHaveTheSoundApart)
{
    add_all(0);
    EXPECT_EQ(hls::render(*multivariant(*window_)), R"(#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="s/a/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=16000,AVERAGE-BANDWIDTH=16000,CODECS="avc1.4d401f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="audio"
s/v/index.m3u8
)");
}

TEST_F(WindowVariantsTest, VariantsOfSoundAloneAndOfMpegTsAlone)
{
    newest().video = newest().transport_video = {};
    add(Lane::audio, 0);
    add(Lane::transport, 0);
    EXPECT_EQ(hls::render(*multivariant(*window_)), R"(#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=8000,AVERAGE-BANDWIDTH=8000,CODECS="mp4a.40.2"
s/a/index.m3u8
)");
    newest().audio = {};
    std::strcpy(newest().transport_audio.codecs, "mp4a.6B");
    EXPECT_EQ(hls::render(*multivariant(*window_)), R"(#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=8000,AVERAGE-BANDWIDTH=8000,CODECS="mp4a.6B"
live.m3u8
)");
    window_->transport_target_s = 0;
    EXPECT_FALSE(multivariant(*window_));
}

TEST_F(WindowVariantsTest, OfPicturesWithoutARateNoneIsSaid)
{
    newest().video.frame = 0;
    add_all(0);
    EXPECT_EQ(hls::render(*multivariant(*window_)).find("FRAME-RATE"), std::string::npos);
}

}  // namespace
}  // namespace sluice::package
