#include "core/codec/description.hpp"

#include <gtest/gtest.h>

#include <string>

#include "core/codec/test_samples.hpp"

namespace sluice::codec {
namespace {

TEST(Description, SaysOfRealVideoWhatFfprobeSays)
{
    for (const auto& sample : samples::video) {
        SCOPED_TRACE(sample.encoder);
        const auto got = describe_video(sample.codec, samples::bytes(sample.hex));
        ASSERT_TRUE(got) << got.error().where;
        EXPECT_EQ(got->name, sample.name);
        EXPECT_EQ(got->codec_string, sample.codec_string);
        EXPECT_EQ(got->profile, sample.profile);
        EXPECT_EQ(got->width, sample.width);
        EXPECT_EQ(got->height, sample.height);
        EXPECT_FLOAT_EQ(got->fps, sample.fps);
        EXPECT_EQ(got->level, sample.level);
    }
}

TEST(Description, SaysOfRealAudioWhatFfprobeSays)
{
    for (const auto& sample : samples::audio) {
        SCOPED_TRACE(sample.encoder);
        const auto got = describe_audio(sample.codec, samples::bytes(sample.hex));
        ASSERT_TRUE(got) << got.error().where;
        EXPECT_EQ(got->name, sample.name);
        EXPECT_EQ(got->codec_string, sample.codec_string);
        EXPECT_EQ(got->sample_rate, sample.sample_rate);
        EXPECT_EQ(got->channels, sample.channels);
    }
}

TEST(Description, RefusesAnEmptyConfigurationOfEveryCodecThatHasOne)
{
    using V = flv::VideoCodec;
    using A = flv::AudioCodec;
    for (const auto codec : {V::avc, V::hevc, V::av1, V::vp9}) {
        const auto got = describe_video(codec, {});
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, Errc::truncated);
    }
    for (const auto codec : {A::aac, A::opus, A::flac}) {
        const auto got = describe_audio(codec, {});
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, Errc::truncated);
    }
}

TEST(Description, RefusesCodecsItDoesNotKnow)
{
    for (const auto codec : {flv::VideoCodec::none, flv::VideoCodec::other}) {
        EXPECT_EQ(describe_video(codec, {}).error().code, Errc::unsupported);
    }
    for (const auto codec : {flv::AudioCodec::none, flv::AudioCodec::other}) {
        EXPECT_EQ(describe_audio(codec, {}).error().code, Errc::unsupported);
    }
}

TEST(Description, NamesMp3AndAc3WithoutAFrame)
{
    const auto mp3 = describe_audio(flv::AudioCodec::mp3, {});
    ASSERT_TRUE(mp3);
    EXPECT_STREQ(mp3->name, "mp3");
    EXPECT_EQ(mp3->sample_rate, 0U);
    const auto ac3 = describe_audio(flv::AudioCodec::ac3, {});
    ASSERT_TRUE(ac3);
    EXPECT_STREQ(ac3->name, "ac3");
}

TEST(Description, NeverReadsAPrefixOfARealConfigurationAsAnotherPicture)
{
    for (const auto& sample : samples::video) {
        SCOPED_TRACE(sample.encoder);
        const auto whole = samples::bytes(sample.hex);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const auto got = describe_video(sample.codec, std::span(whole).first(size));
            if (!got) continue;
            EXPECT_STREQ(got->codec_string, std::string(sample.codec_string).c_str());
            EXPECT_TRUE(got->width == sample.width || got->width == 0);
        }
    }
}

}  // namespace
}  // namespace sluice::codec
