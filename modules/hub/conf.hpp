#pragma once

#include <type_traits>

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Standard-layout on purpose: nginx fills it through offsetof().
struct HubConf {
    ngx_uint_t streams;
    ngx_uint_t events;
    ngx_uint_t sessions;
    ngx_uint_t generation;
    ngx_array_t* rings;  ///< of RingSetting; nullptr: the default
    ngx_str_t channels;  ///< folder of the snapshot; empty: none
};

struct RingSetting {
    std::size_t bytes;
    ngx_uint_t count;
};

static_assert(std::is_standard_layout_v<HubConf>);

namespace defaults {
inline constexpr ngx_uint_t hub_streams = 1024;
inline constexpr ngx_uint_t hub_events = 2048;
inline constexpr ngx_uint_t hub_sessions = 32768;
inline constexpr RingSetting hub_rings[] = {
    {512UL * 1024, 512}, {2 << 20, 64}, {8 << 20, 16}, {32 << 20, 4}};
}  // namespace defaults

}  // namespace sluice::ngx
