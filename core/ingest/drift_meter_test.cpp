#include "drift_meter.hpp"

#include <gtest/gtest.h>

namespace sluice::ingest {
namespace {

class IngestDrift : public ::testing::Test {
protected:
    /// Four seconds of both tracks, interleaved as they arrive; audio stamps are `shift_ms` off.
    void arrive(std::int64_t shift_ms, bool audio = true)
    {
        for (const auto end = now_ms + 4000; now_ms < end; now_ms += 20) {
            if (now_ms % 40 == 0) push(flv::TagType::video, now_ms);
            if (audio) push(flv::TagType::audio, now_ms + shift_ms);
        }
    }

    void push(flv::TagType track, std::int64_t at)
    {
        flv::TimestampNormaliser(clock).push(track, static_cast<std::uint32_t>(at), now_ms);
        meter.count(clock);
    }

    flv::NormaliserState clock{};
    DriftMeter meter;
    std::int64_t now_ms = 10'000;
};

TEST_F(IngestDrift, TracksThatBelongTogetherHaveNone)
{
    arrive(0);
    EXPECT_NEAR(meter.ms(), 0, 25);
}

TEST_F(IngestDrift, AudioAheadIsPositive)
{
    arrive(1500);
    EXPECT_NEAR(meter.ms(), 1500, 25);
}

TEST_F(IngestDrift, AudioThatSlipsBehindShowsWithinSeconds)
{
    arrive(0);
    arrive(-700);
    EXPECT_NEAR(meter.ms(), -700, 40);
    arrive(0);
    EXPECT_NEAR(meter.ms(), 0, 40) << "and it goes again";
}

TEST_F(IngestDrift, ATrackThatStoppedIsNoDrift)
{
    arrive(0);
    arrive(0, false);
    arrive(0, false);
    EXPECT_LT(std::abs(meter.ms()), 2000);
}

TEST_F(IngestDrift, OneTrackAloneHasNone)
{
    arrive(0, false);
    EXPECT_EQ(meter.ms(), 0);
}

}  // namespace
}  // namespace sluice::ingest
