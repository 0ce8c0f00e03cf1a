#pragma once

#include <sys/resource.h>

namespace sluice::bench {

/// CPU seconds that this process has used, user and system.
inline double own_cpu_seconds()
{
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + t.tv_usec / 1e6;
    };
    return seconds(use.ru_utime) + seconds(use.ru_stime);
}

}  // namespace sluice::bench
