#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/base/result.hpp"
#include "record.hpp"

namespace sluice::archive {

/// A complete segment of the live window that is to be kept.
struct Kept {
    SegmentRecord segment;  ///< `file` and `offset` are the writer's to fill in
    PeriodRecord period;    ///< that it belongs to
    std::string media;      ///< its file in the live window …
    std::string init;       ///< … and that of its period's initialisation
};

/// Appends the segments of one stream to its archive, and removes what is older than the window.
/// Blocks on the disk: for a thread of its own. One at a time for a stream.
class Writer {
public:
    /// `folder` is made when it is not there. `window_s` > 0.
    Writer(std::string folder, std::uint32_t window_s)
        : folder_(std::move(folder)), window_s_(window_s)
    {}

    /// Errc::io: the system refused, errno says why; what came before is untouched.
    Result<void> keep(const Kept& kept);

private:
    /// Where a track's media goes now.
    struct Open {
        std::uint64_t period = 0;
        std::uint64_t first = 0;
        std::int64_t began_ms = 0;
    };

    Result<void> keep_alone(const Kept& kept);
    Result<void> begin();
    Result<void> begin_file(const Kept& kept);
    Result<void> begin_period(const Kept& kept);
    Result<std::uint64_t> append_media(const Kept& kept, const Open& open) const;
    Result<void> append_record(const Record& record) const;
    Result<void> remove_old(std::int64_t now_ms) const;

    std::string folder_;
    std::uint32_t window_s_;
    bool begun_ = false;
    std::map<std::uint32_t, Open> open_;  ///< by lane
    std::uint64_t period_ = 0;            ///< that the index has
};

/// Removes a stream's archive when nothing was added to it for longer than its own window and
/// `now_ms` (wall clock) says so. True when it is gone.
bool remove_if_outlived(const std::string& folder, std::int64_t now_ms);

}  // namespace sluice::archive
