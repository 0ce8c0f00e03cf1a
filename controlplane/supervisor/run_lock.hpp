#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <tl/expected.hpp>

namespace sluice::supervisor {

/// DIR/run/supervisor.pid: holds the process id, and a lock for as long as this object lives. The
/// kernel drops the lock with the process, however it ends, so a stale file is no obstacle.
class RunLock {
public:
    /// The error says who holds it, or why the file can't be written.
    static tl::expected<RunLock, std::string> take(const std::filesystem::path& file);

    RunLock(RunLock&& other) noexcept;
    RunLock& operator=(RunLock&&) = delete;
    /// Empties the file; it stays, because removing a locked file lets two others lock two files of
    /// one name.
    ~RunLock();

private:
    explicit RunLock(int fd) : fd_(fd) {}

    int fd_;
};

}  // namespace sluice::supervisor
