#pragma once

#include <deque>

#include "viewer_track.hpp"

namespace sluice::bench {

/// A playlist of whole segments that is read again and again; each segment that appears is
/// fetched. The first ones are not: nobody knows how long they have been there.
class PolledTrack : public ViewerTrack {
public:
    /// `path` of a media playlist or of a multivariant one, whose first variant is read.
    PolledTrack(std::string path, std::int64_t every_us)
        : path_(std::move(path)), every_us_(every_us)
    {}

    Ask next(std::int64_t now_us) override;
    Result<void> take(View body, std::int64_t now_us) override;
    bool playing() const override { return begun_; }
    std::int64_t listed_us() const override { return listed_us_; }

private:
    struct Queued {
        std::string path;
        std::int64_t listed_us;
    };

    Result<void> take_playlist(View body, std::int64_t now_us);

    std::string path_;
    std::int64_t every_us_;
    AskKind asked_ = AskKind::playlist;
    std::int64_t poll_us_ = 0;
    bool begun_ = false;
    std::uint64_t expected_ = 0;
    std::deque<Queued> queue_;
    std::int64_t listed_us_ = 0;
};

}  // namespace sluice::bench
