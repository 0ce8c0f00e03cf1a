#pragma once

#include <deque>

#include "hls_playlist.hpp"
#include "playback_buffer.hpp"
#include "viewer_track.hpp"

namespace sluice::bench {

/// A track of low-latency HLS as a player reads it: the playlist, the initialisation section and
/// the parts from PART-HOLD-BACK behind the edge; then always a blocking reload for the next part,
/// and the part. Playing begins when there is as much as PART-HOLD-BACK.
class LowLatencyTrack : public ViewerTrack {
public:
    /// `path` of the media playlist.
    explicit LowLatencyTrack(std::string path) : path_(std::move(path)) {}

    Ask next(std::int64_t now_us) override;
    Result<void> take(View body, std::int64_t now_us) override;
    bool playing() const override { return buffer_.started(); }
    std::size_t stalls(std::int64_t now_us) const override { return buffer_.stalls(now_us); }
    std::size_t missed() const override { return missed_; }
    std::size_t early() const override { return early_; }
    std::int64_t part_target_us() const override { return part_target_us_; }

private:
    struct Queued {
        std::string path;
        std::int64_t duration_us;
    };

    Result<void> take_playlist(View body);
    Result<void> take_part(View body, std::int64_t now_us);
    Result<void> begin(const HlsPlaylist& playlist);
    Result<void> follow(const HlsPlaylist& playlist);
    Result<void> queue(const HlsPart& part);

    std::string path_;
    AskKind asked_ = AskKind::playlist;
    bool begun_ = false;
    PartNumber expected_;
    std::int64_t part_target_us_ = 0;
    std::int64_t hold_back_us_ = 0;
    std::string map_;
    bool map_taken_ = false;
    std::deque<Queued> queue_;
    std::int64_t ahead_us_ = 0;  ///< between where playing begins and the end of what is queued
    PlaybackBuffer buffer_;
    std::size_t missed_ = 0;
    std::size_t early_ = 0;
};

}  // namespace sluice::bench
