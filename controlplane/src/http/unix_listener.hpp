#pragma once

#include <filesystem>

#include "../result.hpp"

namespace sluice::control::http {

/// An owned file descriptor.
class Descriptor {
public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor();

    int get() const { return fd_; }
    int release();

private:
    int fd_;
};

/// A listening unix socket at `path`. The file of a process that is gone is replaced; when
/// somebody answers there, it is Errc::conflict.
Result<Descriptor> listen_unix(const std::filesystem::path& path);

}  // namespace sluice::control::http
