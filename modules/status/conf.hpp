#pragma once

#include <type_traits>

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Standard-layout on purpose: nginx fills it through offsetof().
struct StatusConf {
    ngx_flag_t enabled;
    ngx_msec_t lifetime;
    ngx_http_complex_value_t* scope;
};

static_assert(std::is_standard_layout_v<StatusConf>);

namespace defaults {
inline constexpr ngx_msec_t status_lifetime = 10UL * 60'000;
}  // namespace defaults

const StatusConf& status_conf(ngx_http_request_t& r);

}  // namespace sluice::ngx
