#pragma once

#include <cstdint>
#include <ctime>

namespace sluice::bench {

/// Microseconds of CLOCK_MONOTONIC, which every process of a machine shares: a stamp written by the
/// pusher can be compared with the arrival in the viewer.
inline std::int64_t now_us()
{
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return std::int64_t{t.tv_sec} * 1'000'000 + t.tv_nsec / 1000;
}

}  // namespace sluice::bench
