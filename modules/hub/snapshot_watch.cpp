#include "snapshot_watch.hpp"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <optional>
#include <string>

#include "modules/common/guard.hpp"
#include "process.hpp"
#include "wake_fd.hpp"
#include "worker.hpp"

namespace sluice::ngx {
namespace {

/// Tells one manifest file from another: every new one is a new inode with its own time.
struct FileStamp {
    ino_t inode = 0;
    timespec modified{};

    bool operator==(const FileStamp& other) const
    {
        return inode == other.inode && modified.tv_sec == other.modified.tv_sec &&
               modified.tv_nsec == other.modified.tv_nsec;
    }
};

std::string folder;
std::optional<channel::Snapshot> snapshot;
FileStamp seen;
FileStamp refused;
int inotify_fd = -1;
ngx_connection_t* inotify_connection;

void refuse(const Error& error)
{
    ngx_log_error(
        NGX_LOG_ERR, ngx_cycle->log, 0,
        "sluice hub: channels snapshot in \"%s\" refused: %*s; the one before stays in force",
        folder.c_str(), error.where.size(), error.where.data());
    raise("config.snapshot_refused", {}, {{"detail", error.where}});
}

/// Switches to the snapshot that the manifest with this stamp names.
void open_snapshot(const FileStamp& stamp)
{
    auto opened = channel::Snapshot::open(folder);
    // What is malformed stays so until there is another manifest. What can't be read may have a
    // reason that passes, such as too many open files: it is tried again at the next tick.
    if (opened || opened.error().code != Errc::io) seen = stamp;
    if (!opened) {
        if (refused == stamp) return;
        refused = stamp;
        refuse(opened.error());
        return;
    }
    snapshot = std::move(*opened);
    worker()->slot_record().snapshot_generation.store(snapshot->generation());
    notify_snapshot_changed();
}

void inotify_readable(ngx_event_t& event)
{
    const auto* c = static_cast<ngx_connection_t*>(event.data);
    std::array<char, 4096> buffer{};
    while (::read(c->fd, buffer.data(), buffer.size()) > 0) {
    }
    check_snapshot();
}

void start_inotify(ngx_cycle_t& cycle)
{
    if (inotify_fd == -1) inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (inotify_fd == -1) return;
    if (inotify_add_watch(inotify_fd, folder.c_str(), IN_MOVED_TO | IN_CLOSE_WRITE) == -1) {
        ::close(inotify_fd);
        inotify_fd = -1;
        return;
    }
    inotify_connection = watch_descriptor(cycle, inotify_fd, event_door<inotify_readable>);
}

}  // namespace

const channel::Snapshot* channels()
{
    return snapshot ? &*snapshot : nullptr;
}

void watch_snapshots(ngx_cycle_t& cycle, const ngx_str_t& dir)
{
    folder.assign(view(dir));
    if (folder.empty()) return;
    start_inotify(cycle);
    check_snapshot();
}

void check_snapshot()
{
    if (folder.empty()) return;
    if (inotify_connection == nullptr) start_inotify(const_cast<ngx_cycle_t&>(*ngx_cycle));
    struct stat info {};
    if (::stat((folder + "/manifest.json").c_str(), &info) != 0) return;
    const FileStamp now{.inode = info.st_ino, .modified = info.st_mtim};
    if (now == seen) return;
    open_snapshot(now);
}

void stop_watching_snapshots()
{
    if (inotify_connection != nullptr) unwatch_descriptor(inotify_connection);
    inotify_connection = nullptr;
    if (inotify_fd != -1) ::close(inotify_fd);
    inotify_fd = -1;
}

}  // namespace sluice::ngx
