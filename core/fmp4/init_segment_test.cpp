#include "init_segment.hpp"

#include <gtest/gtest.h>

#include <string>

#include "box_tree.hpp"
#include "core/codec/test_samples.hpp"

namespace sluice::fmp4 {
namespace {

media::Track video_track(const codec::samples::Video& sample)
{
    return {.kind = media::Kind::video,
            .video = sample.codec,
            .config = codec::samples::bytes(sample.hex),
            .timescale = media::kVideoTimescale,
            .width = sample.width,
            .height = sample.height};
}

media::Track audio_track(const codec::samples::Audio& sample)
{
    return {.kind = media::Kind::audio,
            .audio = sample.codec,
            .config = codec::samples::bytes(sample.hex),
            .timescale = sample.sample_rate,
            .channels = sample.channels};
}

std::string entry_of(std::string_view name)
{
    if (name == "h264") return "avc1/avcC";
    if (name == "hevc") return "hvc1/hvcC";
    return "av01/av1C";
}

TEST(InitSegmentTest, HoldsTheConfigurationOfEveryVideoCodecAsItCame)
{
    for (const auto& sample : codec::samples::video) {
        SCOPED_TRACE(sample.encoder);
        const auto file = init_segment(video_track(sample));
        if (sample.codec == flv::VideoCodec::vp9) {
            EXPECT_EQ(file.error().code, Errc::unsupported);
            continue;
        }
        ASSERT_TRUE(file) << file.error().where;
        const BoxTree tree(*file);
        EXPECT_EQ(tree.broken, "");
        const auto path = "moov/trak/mdia/minf/stbl/stsd/" + entry_of(sample.name);
        const auto config = tree.at(path).rest();
        EXPECT_EQ(std::vector<std::uint8_t>(config.begin(), config.end()),
                  codec::samples::bytes(sample.hex));
        auto header = tree.at("moov/trak/tkhd");
        header.skip(76);
        EXPECT_EQ(header.u32(), sample.width << 16);
        EXPECT_EQ(header.u32(), sample.height << 16);
        EXPECT_TRUE(header.ok());
    }
}

TEST(InitSegmentTest, TakesTheAudioThatPlayersTakeInMp4)
{
    for (const auto& sample : codec::samples::audio) {
        SCOPED_TRACE(sample.encoder);
        const bool taken =
            sample.codec == flv::AudioCodec::aac || sample.codec == flv::AudioCodec::opus;
        const auto file = init_segment(audio_track(sample));
        ASSERT_EQ(file.has_value(), taken);
        if (!taken) continue;
        const BoxTree tree(*file);
        EXPECT_EQ(tree.broken, "");
        auto header = tree.at("moov/trak/mdia/mdhd");
        header.skip(12);
        EXPECT_EQ(header.u32(), sample.sample_rate);
        EXPECT_TRUE(tree.boxes.contains("moov/trak/mdia/minf/smhd"));
        EXPECT_TRUE(tree.boxes.contains("moov/mvex/trex"));
    }
}

TEST(InitSegmentTest, TurnsAnOpusHeadIntoADopsBox)
{
    media::Track track{.kind = media::Kind::audio,
                       .audio = flv::AudioCodec::opus,
                       .config = codec::samples::bytes("4f707573486561640102380180bb00000a0000"),
                       .timescale = 48000,
                       .channels = 2};
    const auto file = init_segment(track);
    ASSERT_TRUE(file) << file.error().where;
    const auto box = BoxTree(*file).at("moov/trak/mdia/minf/stbl/stsd/Opus/dOps").rest();
    EXPECT_EQ(std::vector<std::uint8_t>(box.begin(), box.end()),
              codec::samples::bytes("000201380000bb80000a00"));
}

TEST(InitSegmentTest, RefusesAConfigurationThatIsNone)
{
    media::Track track{.kind = media::Kind::video,
                       .video = flv::VideoCodec::avc,
                       .config = {1, 2, 3},
                       .timescale = media::kVideoTimescale};
    EXPECT_EQ(init_segment(track).error().code, Errc::truncated);
}

}  // namespace
}  // namespace sluice::fmp4
