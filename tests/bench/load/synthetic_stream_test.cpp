#include "synthetic_stream.hpp"

#include <gtest/gtest.h>

#include "stamp.hpp"

namespace sluice::bench {
namespace {

constexpr std::int64_t kStart = 1'000'000;
constexpr std::int64_t kSecond = 1'000'000;

struct Total {
    std::size_t bytes = 0;
    std::size_t tags = 0;
    std::size_t key_frames = 0;
};

Total run_for(SyntheticStream& stream, std::int64_t seconds)
{
    Total total;
    while (stream.due_us() < kStart + seconds * kSecond) {
        const auto message = stream.next(stream.due_us());
        total.bytes += message.body.size();
        ++total.tags;
        total.key_frames += message.key_frame ? 1 : 0;
    }
    return total;
}

TEST(SyntheticStream, KeepsToItsBitRateAndItsTagRate)
{
    SyntheticStream stream({}, kStart);
    const auto total = run_for(stream, 10);
    EXPECT_NEAR(static_cast<double>(total.bytes) * 8 / 10, 2'128'000, 2'128'000 * 0.01);
    EXPECT_NEAR(static_cast<double>(total.tags) / 10, 73, 1);
    EXPECT_EQ(total.key_frames, 5U);
}

TEST(SyntheticStream, StampsEveryMessageWithTheTimeAndTheNumberWithinItsTrack)
{
    SyntheticStream stream({}, kStart);
    std::uint32_t next[2] = {0, 0};
    for (int i = 0; i < 200; ++i) {
        const auto message = stream.next(kStart + i);
        const auto stamp = read_stamp(message.type, message.body.first(kStampPrefixBytes));
        ASSERT_TRUE(stamp);
        EXPECT_EQ(stamp->sent_us, kStart + i);
        EXPECT_EQ(stamp->sequence, next[message.type == MediaType::video ? 0 : 1]++);
    }
}

TEST(SyntheticStream, ConfigurationsCarryNoStampAndAreNotKeyFrames)
{
    EXPECT_FALSE(read_stamp(MediaType::video, SyntheticStream::video_config()));
    EXPECT_FALSE(read_stamp(MediaType::audio, SyntheticStream::audio_config()));
    EXPECT_FALSE(is_avc_key_frame(MediaType::video, SyntheticStream::video_config()));
}

TEST(SyntheticStream, WithoutAudioMakesVideoOnly)
{
    SyntheticStream stream({.audio_bits_per_second = 0}, kStart);
    EXPECT_EQ(run_for(stream, 2).tags, 60U);
}

}  // namespace
}  // namespace sluice::bench
