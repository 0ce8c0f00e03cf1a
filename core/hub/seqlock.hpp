#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace sluice::hub {

/// Runs `write` under a sequence lock: one writer at a time (the ring's owner), any number of
/// readers in other processes.
template <class F>
void seq_write(std::atomic<std::uint32_t>& lock, F&& write)
{
    // An earlier owner may have died inside: odd stays odd, the next write makes it even again.
    const auto start = lock.load(std::memory_order_relaxed) | 1;
    lock.store(start, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    std::forward<F>(write)();
    lock.store(start + 1, std::memory_order_release);
}

/// Runs `read` until it saw one consistent state. False when the writer died inside or never stood
/// still: what `read` copied is then not to be used.
template <class F>
bool seq_read(const std::atomic<std::uint32_t>& lock, F&& read)
{
    constexpr int kAttempts = 1000;
    for (int i = 0; i < kAttempts; ++i) {
        const auto before = lock.load(std::memory_order_acquire);
        if (before & 1) continue;
        read();
        std::atomic_thread_fence(std::memory_order_acquire);
        if (lock.load(std::memory_order_relaxed) == before) return true;
    }
    return false;
}

}  // namespace sluice::hub
