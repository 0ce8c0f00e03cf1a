#pragma once

#include "viewer_track.hpp"

namespace sluice::bench {

/// The requests of a low-latency track without its waiting: BASE.m3u8 at each tick of the clock
/// that all viewers share, and BASE.m4s behind it.
class StaticTrack : public ViewerTrack {
public:
    /// A tick is at every multiple of `every_us`, and `offset_us` later.
    StaticTrack(std::string base, std::int64_t every_us, std::int64_t offset_us)
        : base_(std::move(base)), every_us_(every_us), offset_us_(offset_us)
    {}

    Ask next(std::int64_t now_us) override;
    Result<void> take(View body, std::int64_t now_us) override;
    bool playing() const override { return playing_; }
    std::size_t missed() const override { return missed_; }
    std::int64_t part_target_us() const override { return every_us_; }

private:
    std::string base_;
    std::int64_t every_us_;
    std::int64_t offset_us_;
    std::int64_t tick_us_ = 0;  ///< when the playlist is asked for; 0: not known
    bool part_next_ = false;
    bool playing_ = false;
    std::size_t missed_ = 0;
};

}  // namespace sluice::bench
