#pragma once

#include <cstdint>
#include <string>

namespace sluice::motion {

/// A clip that is finished.
struct FinishedClip {
    std::string file;
    std::string picture;  ///< empty: there is none
    std::int64_t started_ms = 0;
    std::int64_t duration_ms = 0;
    double percent = -1;  ///< the most that changed between two looks; < 0: not known any more
};

/// What whoever started us hears: events and signs of life. Drops what nobody reads.
class Reports {
public:
    Reports();

    void motion_started(std::int64_t at_ms, double percent);
    void clip(const FinishedClip& clip);

    /// Once a second at most; `media_ms` since the first frame.
    void progress(std::uint64_t frames, std::int64_t media_ms, std::int64_t now_ms);

private:
    std::string block(std::uint64_t frames, std::int64_t media_ms, std::int64_t now_ms) const;

    int events_;
    int progress_;
    std::int64_t told_ms_;
    std::uint64_t told_frames_ = 0;
    std::int64_t told_media_ms_ = 0;
};

/// A line on stderr.
void complain(const std::string& what);

std::int64_t wall_ms();
std::int64_t mono_ms();

}  // namespace sluice::motion
