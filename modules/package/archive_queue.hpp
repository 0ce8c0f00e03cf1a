#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/archive/writer.hpp"
#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Segments of one stream on their way to the disk: written one after the other by nginx's threads,
/// so that no worker ever waits for a disk. Bounded; what does not fit is left out and counted.
class ArchiveQueue {
public:
    ArchiveQueue(const std::string& folder, std::uint32_t window_s);
    /// What waits is still written.
    ~ArchiveQueue();
    ArchiveQueue(const ArchiveQueue&) = delete;
    ArchiveQueue& operator=(const ArchiveQueue&) = delete;

    void keep(archive::Kept kept);

private:
    struct Lane;
    std::shared_ptr<Lane> lane_;
};

/// Whether segments of this worker are on their way: it must not end before they are there.
bool archive_is_busy();

/// A stream's folder in the archive; empty when there is no archive.
std::string archive_folder(std::string_view stream);

/// Removes archives that nobody adds to any more and that are older than their own window. Slow:
/// asked for now and then, and done by a thread.
void remove_outlived_archives();

}  // namespace sluice::ngx
