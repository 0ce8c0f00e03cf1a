#pragma once

/// nginx's and nginx-rtmp's C headers, the one place that includes them.
extern "C" {
// clang-format off
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>
#include <nginx.h>
#include <ngx_rtmp.h>
#include <ngx_rtmp_cmd_module.h>
#include <ngx_rtmp_streams.h>
// clang-format on
}

#include <chrono>
#include <cstdint>
#include <string_view>

namespace sluice::ngx {

inline std::string_view view(const ngx_str_t& s)
{
    return {reinterpret_cast<const char*>(s.data), s.len};
}

/// Wall clock as nginx cached it for this round of the event loop, ms since 1970.
inline std::int64_t wall_ms()
{
    const auto* now = ngx_timeofday();
    return static_cast<std::int64_t>(now->sec) * 1000 + static_cast<std::int64_t>(now->msec);
}

/// Monotonic clock, read now, µs.
inline std::uint64_t mono_us()
{
    timespec ts{};
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return static_cast<std::uint64_t>(ts.tv_sec) * 1'000'000 +
           static_cast<std::uint64_t>(ts.tv_nsec) / 1000;
}

inline std::int64_t mono_ms()
{
    return static_cast<std::int64_t>(mono_us() / 1000);
}

}  // namespace sluice::ngx
