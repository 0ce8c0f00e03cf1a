#include "message_writer.hpp"

#include <gtest/gtest.h>

namespace sluice::flv {
namespace {

constexpr std::uint8_t kConfig[] = {1, 2, 3};

TEST(MessageWriterTest, VideoIsReadBackAsItWasMeant)
{
    for (const auto codec : {VideoCodec::avc, VideoCodec::hevc, VideoCodec::av1, VideoCodec::vp9}) {
        for (const bool key : {true, false}) {
            for (const std::int32_t composition : {0, 1, 80, -40, 1 << 20}) {
                const auto head = video_frame_head(codec, key, composition);
                const auto read = parse_video_message(head.bytes());
                ASSERT_TRUE(read) << read.error().where;
                const bool timed = codec == VideoCodec::avc || codec == VideoCodec::hevc;
                EXPECT_EQ(read->codec, codec);
                EXPECT_EQ(read->kind, PacketKind::frame);
                EXPECT_EQ(read->key_frame, key);
                EXPECT_EQ(read->enhanced, codec != VideoCodec::avc);
                EXPECT_EQ(read->composition_ms, timed ? composition : 0);
                EXPECT_EQ(read->body_offset, head.bytes().size());
            }
        }
        const auto message = video_config_message(codec, kConfig);
        const auto read = parse_video_message(message);
        ASSERT_TRUE(read) << read.error().where;
        EXPECT_EQ(read->codec, codec);
        EXPECT_EQ(read->kind, PacketKind::config);
        EXPECT_EQ(message.size() - read->body_offset, std::size(kConfig));
    }
}

TEST(MessageWriterTest, AudioIsReadBackAsItWasMeant)
{
    for (const auto codec :
         {AudioCodec::aac, AudioCodec::mp3, AudioCodec::opus, AudioCodec::flac, AudioCodec::ac3}) {
        const auto head = audio_frame_head(codec);
        const auto read = parse_audio_message(head.bytes());
        ASSERT_TRUE(read) << read.error().where;
        EXPECT_EQ(read->codec, codec);
        EXPECT_EQ(read->kind, PacketKind::frame);
        EXPECT_EQ(read->body_offset, head.bytes().size());
        const auto message = audio_config_message(codec, kConfig);
        EXPECT_EQ(message.empty(), codec == AudioCodec::mp3);
        if (message.empty()) continue;
        const auto config = parse_audio_message(message);
        ASSERT_TRUE(config) << config.error().where;
        EXPECT_EQ(config->codec, codec);
        EXPECT_EQ(config->kind, PacketKind::config);
        EXPECT_EQ(message.size() - config->body_offset, std::size(kConfig));
    }
}

TEST(MessageWriterTest, ATimeThatDoesNotFitIsTheFarthestThatDoes)
{
    const auto head = video_frame_head(VideoCodec::avc, true, 1 << 30);
    EXPECT_EQ(parse_video_message(head.bytes())->composition_ms, (1 << 23) - 1);
}

TEST(MessageWriterTest, WhatHasNoCodecHasNoMessage)
{
    EXPECT_TRUE(video_frame_head(VideoCodec::other, true, 0).bytes().empty());
    EXPECT_TRUE(audio_frame_head(AudioCodec::none).bytes().empty());
    EXPECT_TRUE(video_config_message(VideoCodec::none, kConfig).empty());
    EXPECT_TRUE(audio_config_message(AudioCodec::other, kConfig).empty());
}

}  // namespace
}  // namespace sluice::flv
