#pragma once

#include <unistd.h>
#include <cstdint>
#include <string>
#include <utility>

#include "result.hpp"

namespace sluice::bench {

/// Owns a file descriptor.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept
    {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() { reset(); }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    void reset()
    {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

private:
    int fd_ = -1;
};

/// Begins a non-blocking connection to an IPv4 or IPv6 address; its end is seen by the first write.
/// TCP_NODELAY is set.
/// `receive_buffer` bounds SO_RCVBUF in bytes; 0 leaves it to the system.
Result<Descriptor> connect_to(const std::string& address, std::uint16_t port,
                              int receive_buffer = 0);

/// Listens on 127.0.0.1 with SO_REUSEPORT; non-blocking.
Result<Descriptor> listen_on_loopback(std::uint16_t port);

/// The local port of a socket, 0 when it has none.
std::uint16_t local_port(int fd);

/// Lifts the limit of open files as far as the system lets it, for a thousand sockets and more.
void lift_file_limit();

}  // namespace sluice::bench
