#pragma once

#include <type_traits>

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Standard-layout on purpose: nginx fills it through offsetof().
struct StatusConf {
    ngx_flag_t enabled;
};

static_assert(std::is_standard_layout_v<StatusConf>);

}  // namespace sluice::ngx
