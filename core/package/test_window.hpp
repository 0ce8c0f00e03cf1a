#pragma once

#include <gtest/gtest.h>
#include <algorithm>
#include <memory>

#include "window.hpp"

/// For tests of what is said about a live window.
namespace sluice::package::test {

inline constexpr std::int64_t kWall = 1'795'000'000'250;  // 2026-11-18T11:06:40.250Z

/// Builds a live window by hand: segments of two seconds in parts of one.
class WindowTest : public testing::Test {
protected:
    WindowTest()
    {
        window_->list_size = 3;
        window_->target_s = 2;
        window_->transport_target_s = 2;
        window_->availability_start_ms = kWall;
        window_->hls = window_->cmaf = true;
        begin_period(50, 450'000, kWall);
        for (auto& lane : window_->lane) lane.first = lane.end = 50;
    }

    void begin_period(std::uint64_t id, std::int64_t start, std::int64_t wall_ms)
    {
        const auto number = window_->end_period++;
        auto& period = window_->period_at(number);
        period = {.id = id, .number = number, .start = start, .wall_ms = wall_ms};
        period.video = {.timescale = 90'000,
                        .part_target_us = 1'000'000,
                        .frame = 3003,
                        .width = 1280,
                        .height = 720,
                        .codecs = "avc1.4d401f"};
        period.audio = {.timescale = 48'000,
                        .part_target_us = 981'334,
                        .frame = 1024,
                        .sample_rate = 48'000,
                        .channels = 2,
                        .codecs = "mp4a.40.2"};
        period.transport_video = period.video;
        period.transport_audio = period.audio;
    }

    Period& newest() { return window_->period_at(window_->end_period - 1); }
    SegmentEntry& last(Lane kind) { return window_->of(kind).at(window_->of(kind).end - 1); }

    /// `seconds`: since the beginning of the newest period; `parts` of one second each.
    SegmentEntry& add(Lane kind, std::int64_t seconds, std::uint32_t parts = 2,
                      bool complete = true)
    {
        auto& lane = window_->of(kind);
        const std::int64_t rate = timescale_of(newest(), kind);
        auto& segment = lane.at(lane.end);
        segment = {.sequence = lane.end,
                   .time = newest().start * rate / 90'000 + seconds * rate,
                   .duration = parts * rate,
                   .first_part = lane.parts,
                   .parts = kind == Lane::transport ? 0 : parts,
                   .bytes = parts * 1000,
                   .period = newest().number,
                   .independent = true,
                   .complete = complete};
        for (std::uint32_t i = 0; i < segment.parts; ++i) {
            lane.part[lane.parts++ % kMaxParts] = {
                .offset = i * 1000, .bytes = 1000, .duration_us = 1'000'000, .independent = i == 0};
        }
        if (complete) {
            lane.total_bytes += segment.bytes;
            lane.total_us += parts * 1'000'000ULL;
            lane.peak_bps = std::max<std::uint64_t>(lane.peak_bps, 8000);
        }
        ++lane.end;
        return segment;
    }

    void add_all(std::int64_t seconds)
    {
        for (const auto kind : {Lane::video, Lane::audio, Lane::transport}) add(kind, seconds);
    }

    std::unique_ptr<Window> window_ = std::make_unique<Window>();
};

}  // namespace sluice::package::test
