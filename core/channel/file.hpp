#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/result.hpp"

namespace sluice::channel {

/// Owns a file descriptor.
class File {
public:
    /// `flags` and `mode` as open(2) takes them; always close-on-exec, never through a symbolic
    /// link.
    static Result<File> open(const std::filesystem::path& path, int flags, unsigned mode = 0);

    File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    File& operator=(File&& other) noexcept
    {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~File();

    /// Bytes; Errc::malformed when it is not a regular file.
    Result<std::uint64_t> size() const;

    /// Up to `size` bytes at `offset`; 0 at the end.
    Result<std::size_t> read_at(void* to, std::size_t size, std::uint64_t offset) const;

    Result<void> write_all(std::string_view bytes) const;

    /// Has the kernel begin to write what is only in the page cache; a later sync() waits less.
    void begin_sync() const;

    /// fsync: on the disk, not only in the page cache.
    Result<void> sync() const;

private:
    explicit File(int fd) : fd_(fd) {}

    int fd_;
};

/// The whole of a file that is at most `max_bytes` long (Errc::limit).
Result<std::string> read_small_file(const std::filesystem::path& path, std::size_t max_bytes);

/// SHA-256 of the whole file, lower-case hexadecimal.
Result<std::string> sha256_of(const File& file);

}  // namespace sluice::channel
