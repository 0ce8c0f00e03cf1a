#pragma once

#include <type_traits>

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Of the whole server. Standard-layout on purpose: nginx fills all three through offsetof().
struct PackageConf {
    ngx_str_t dir;               ///< where live windows lie; empty: nothing is packaged
    ngx_msec_t linger;           ///< how long a stream that ended can still be watched
    ngx_str_t archive;           ///< where time-shift keeps segments; empty: it doesn't
    ngx_thread_pool_t* threads;  ///< that write there
};

/// What is made of the streams of an RTMP application whose channels don't say.
struct PackageStreamConf {
    ngx_uint_t outputs;  ///< kMakeHls, kMakeCmaf
    ngx_msec_t segment;
    ngx_msec_t part;
    ngx_uint_t list;
    time_t dvr;  ///< s; 0: no time-shift
};

/// Of an HTTP location.
struct PackageServeConf {
    ngx_flag_t enabled;
};

inline constexpr ngx_uint_t kMakeNothing = 2;  ///< said in so many words
inline constexpr ngx_uint_t kMakeHls = 4;
inline constexpr ngx_uint_t kMakeCmaf = 8;

static_assert(std::is_standard_layout_v<PackageConf>);
static_assert(std::is_standard_layout_v<PackageStreamConf>);
static_assert(std::is_standard_layout_v<PackageServeConf>);

namespace defaults {
inline constexpr ngx_msec_t package_linger = 60'000;
inline constexpr ngx_msec_t package_segment = 2'000;
inline constexpr ngx_msec_t package_part = 200;
inline constexpr ngx_uint_t package_list = 5;
}  // namespace defaults

const PackageConf& package_conf();
const PackageStreamConf& package_stream_conf(const ngx_rtmp_session_t& s);

}  // namespace sluice::ngx
