#pragma once

#include <type_traits>

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Standard-layout on purpose: nginx fills it through offsetof().
struct FlvConf {
    ngx_flag_t enabled;
    ngx_msec_t batch;
    size_t send_buffer;
    ngx_msec_t max_lag;
    ngx_msec_t send_timeout;
};

static_assert(std::is_standard_layout_v<FlvConf>);

namespace defaults {
inline constexpr ngx_msec_t flv_batch = 100;
inline constexpr size_t flv_send_buffer = 128UL * 1024;
inline constexpr ngx_msec_t flv_max_lag = 5'000;
inline constexpr ngx_msec_t flv_send_timeout = 30'000;
}  // namespace defaults

const FlvConf& flv_conf(ngx_http_request_t& r);

}  // namespace sluice::ngx
