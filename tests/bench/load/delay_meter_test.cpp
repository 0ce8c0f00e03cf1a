#include "delay_meter.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test_containers.hpp"

namespace sluice::bench {
namespace {

constexpr std::int64_t kMs = 1000;

Bytes stamped(std::int64_t sent_us, std::size_t bytes)
{
    Bytes out(bytes, 1);
    write_stamp(out.data(), {sent_us, 0});
    return out;
}

/// Pictures at two moments and a sound.
Bytes segment(std::int64_t first_picture_us, std::int64_t last_picture_us, std::int64_t sound_us)
{
    auto out = packet(1, stamped(sound_us, 20));
    out = joined(out, packet(2, stamped(first_picture_us, 100)));
    return joined(out, packet(2, stamped(last_picture_us, 100)));
}

TEST(DelayMeter, APartIsAsLateAsItsLastFrame)
{
    DelayMeter meter;
    meter.add_part(1, joined(stamped(1000 * kMs, 50), stamped(1020 * kMs, 50)), 1035 * kMs);
    const auto summary = meter.summary_ms();
    EXPECT_EQ(summary["audio_part_ms"]["p50"], 15.0);
    EXPECT_TRUE(summary["video_part_ms"].is_null());
}

TEST(DelayMeter, ASegmentIsListedAfterItsLastFrameAndAfterThePictureThatEndsIt)
{
    DelayMeter meter;
    meter.add_segment(segment(0, 1960 * kMs, 1970 * kMs), 2005 * kMs, 2008 * kMs);
    auto summary = meter.summary_ms();
    EXPECT_EQ(summary["segment_listed_ms"]["p50"], 35.0);
    EXPECT_EQ(summary["segment_ms"]["p50"], 38.0);
    EXPECT_TRUE(summary["segment_cut_ms"].is_null());

    meter.add_segment(segment(2000 * kMs, 3960 * kMs, 1990 * kMs), 4005 * kMs, 4008 * kMs);
    summary = meter.summary_ms();
    EXPECT_EQ(summary["segment_cut_ms"]["count"], 1);
    EXPECT_EQ(summary["segment_cut_ms"]["p50"], 5.0);
}

TEST(DelayMeter, WhatHasNoStampsIsNotCounted)
{
    DelayMeter meter;
    meter.add_part(0, Bytes(100, 1), 5);
    meter.add_segment(Bytes(100, 1), 5, 5);
    EXPECT_TRUE(meter.summary_ms()["video_part_ms"].is_null());
    EXPECT_TRUE(meter.summary_ms()["segment_ms"].is_null());
}

}  // namespace
}  // namespace sluice::bench
