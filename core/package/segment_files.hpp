#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "window.hpp"

namespace sluice::package {

/// Where the files of a live window lie: `<root>/<stream>/<period>/`, in it `v.mp4` and `a.mp4`
/// (initialisation), `v-<number>.m4s`, `a-<number>.m4s`, `<number>.ts`. A stream's name may hold a
/// slash, its folder has a plus there.
std::string stream_folder(std::string_view root, std::string_view stream);
std::string init_path(std::string_view root, std::string_view stream, std::uint64_t period,
                      Lane lane);
std::string segment_path(std::string_view root, std::string_view stream, std::uint64_t period,
                         Lane lane, std::uint64_t sequence);

/// Writes the segments of one stream. Files grow; what was written never changes, so that ranges of
/// a file that is still open can be sent.
class SegmentFiles {
public:
    SegmentFiles(std::string root, std::string stream);
    SegmentFiles(const SegmentFiles&) = delete;
    SegmentFiles& operator=(const SegmentFiles&) = delete;
    ~SegmentFiles();

    using Pieces = std::initializer_list<std::span<const std::uint8_t>>;

    /// Makes the folder of the first free period from `first` on, and says which that is: one that
    /// is there belongs to another publisher, who may have been stopped and not know that it was
    /// replaced. Errc::io here and below: the system refused, errno says why.
    Result<std::uint64_t> begin_period(std::uint64_t first);
    Result<void> write_init(Lane lane, std::span<const std::uint8_t> bytes);

    /// Begins a segment; the lane's last one is closed.
    Result<void> open(Lane lane, std::uint64_t sequence);

    /// Appends all of the pieces, or nothing that counts: after an error the segment is closed.
    Result<void> append(Lane lane, Pieces pieces);
    void close(Lane lane);

    /// Removes files; those that are not there don't matter.
    void remove_segment(std::uint64_t period, Lane lane, std::uint64_t sequence) const;
    void remove_period(std::uint64_t period) const;

private:
    Result<void> write_all(int fd, Pieces pieces) const;

    std::string root_;
    std::string stream_;
    std::uint64_t period_ = 0;
    std::array<int, kLanes> fds_{-1, -1, -1};
};

/// Removes everything that the window tells of, and its folders as far as they are empty then.
void remove_files(std::string_view root, const Window& window);

/// Removes what an earlier life of the server left below `root`: only files and folders that are
/// named as ours are. One past the highest number that it gave to anything there.
std::uint64_t remove_leftovers(const std::string& root);

}  // namespace sluice::package
