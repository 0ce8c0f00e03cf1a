#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace sluice::process {

/// Moves `path` to `path`.1, .1 to .2 and so on, when it has `limit` bytes or more; the one beyond
/// `kept` is lost. True when it was moved: whoever writes to it has to open it again.
bool rotate(const std::filesystem::path& path, std::uintmax_t limit, unsigned kept);

/// A log that is appended to and rotates by itself. What can't be written (disk full) is dropped: a
/// log must never stop what it tells about.
class LogFile {
public:
    LogFile(std::filesystem::path path, std::uintmax_t limit, unsigned kept)
        : path_(std::move(path)), limit_(limit), kept_(kept)
    {}
    ~LogFile();
    LogFile(const LogFile&) = delete;
    LogFile& operator=(const LogFile&) = delete;

    /// Whole lines: it is rotated between two calls.
    void write(std::string_view text);

private:
    void open();

    std::filesystem::path path_;
    std::uintmax_t limit_;
    unsigned kept_;
    int fd_ = -1;
    std::uintmax_t size_ = 0;
};

}  // namespace sluice::process
