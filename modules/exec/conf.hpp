#pragma once

#include <type_traits>

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Of the whole server. Standard-layout on purpose: nginx fills both through offsetof().
struct ExecConf {
    ngx_str_t program;     ///< sluice-exec; empty: no hook runs
    ngx_str_t logs;        ///< a folder; empty: what processes say is not kept
    ngx_uint_t processes;  ///< hooks at one time
    ngx_uint_t cpu_units;  ///< that all may use together; 0: not bounded
    ngx_uint_t memory_mb;
    ngx_str_t cgroup;  ///< a folder of cgroup v2; empty: limits are held without
    ngx_msec_t stall;  ///< a process that shows no sign of life for so long is stuck
};

/// Hooks of the streams of an RTMP application: a std::vector<channel::Hook>.
struct ExecStreamConf {
    void* hooks;
};

static_assert(std::is_standard_layout_v<ExecConf>);
static_assert(std::is_standard_layout_v<ExecStreamConf>);

namespace defaults {
inline constexpr ngx_uint_t exec_processes = 1024;
inline constexpr ngx_msec_t exec_stall = 10'000;
}  // namespace defaults

const ExecConf& exec_conf();

}  // namespace sluice::ngx
