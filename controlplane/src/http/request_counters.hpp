#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace sluice::control::http {

/// What the API counted since it started, for /metrics.
struct RequestCounters {
    std::atomic<std::uint64_t> succeeded{0};     ///< status below 400
    std::atomic<std::uint64_t> refused{0};       ///< 4xx
    std::atomic<std::uint64_t> failed{0};        ///< 5xx
    std::atomic<std::uint64_t> microseconds{0};  ///< spent in handlers
    std::atomic<std::uint64_t> connections{0};   ///< open now

    void count(int status, std::chrono::microseconds spent)
    {
        (status < 400 ? succeeded : status < 500 ? refused : failed).fetch_add(1);
        microseconds.fetch_add(static_cast<std::uint64_t>(spent.count()));
    }
};

}  // namespace sluice::control::http
