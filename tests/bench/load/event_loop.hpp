#pragma once

#include <sys/epoll.h>
#include <array>
#include <cstdint>
#include <span>

#include "descriptor.hpp"

namespace sluice::bench {

/// epoll with deadlines in microseconds.
class EventLoop {
public:
    EventLoop();

    /// Watches `fd` for `events` (level- or edge-triggered as EPOLLET says); `tag` comes back with
    /// each event.
    void add(int fd, std::uint32_t events, std::uint64_t tag);
    void change(int fd, std::uint32_t events, std::uint64_t tag);
    void remove(int fd);

    /// What happened; empty at `until_us` of the monotonic clock or after a signal.
    std::span<const epoll_event> wait(std::int64_t until_us);

private:
    Descriptor epoll_;
    std::array<epoll_event, 512> events_{};
};

/// From now on SIGTERM, SIGINT and SIGUSR1 only set flags (and interrupt EventLoop::wait); SIGPIPE
/// is ignored.
void catch_signals();
bool stop_asked();
/// True once for each SIGUSR1.
bool report_asked();

}  // namespace sluice::bench
