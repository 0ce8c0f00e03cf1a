#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice::bench {

/// How much a player has left to play, and how often it had nothing.
class PlaybackBuffer {
public:
    void start(std::int64_t now_us, std::int64_t ahead_us)
    {
        started_ = true;
        dry_at_us_ = now_us + ahead_us;
    }

    bool started() const { return started_; }

    /// A player that ran dry goes on with what comes.
    void add(std::int64_t now_us, std::int64_t duration_us)
    {
        if (now_us > dry_at_us_) {
            ++stalls_;
            dry_at_us_ = now_us;
        }
        dry_at_us_ += duration_us;
    }

    /// Up to now, with the one that may be going on.
    std::size_t stalls(std::int64_t now_us) const
    {
        return stalls_ + (started_ && now_us > dry_at_us_ ? 1 : 0);
    }

private:
    bool started_ = false;
    std::int64_t dry_at_us_ = 0;
    std::size_t stalls_ = 0;
};

}  // namespace sluice::bench
