#pragma once

#include <type_traits>

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Server level. Standard-layout on purpose: nginx fills both through offsetof().
struct IngestServerConf {
    ngx_msec_t setup_timeout;
};

/// Application level.
struct IngestConf {
    ngx_flag_t publish;
    ngx_flag_t play;
    size_t send_buffer;
    ngx_uint_t on_duplicate;  ///< kReject, kReplace
    ngx_msec_t reconnect_window;
    ngx_msec_t idle_timeout;
};

inline constexpr ngx_uint_t kReject = 0;
inline constexpr ngx_uint_t kReplace = 1;

static_assert(std::is_standard_layout_v<IngestServerConf>);
static_assert(std::is_standard_layout_v<IngestConf>);

namespace defaults {
inline constexpr ngx_msec_t ingest_setup_timeout = 10'000;
inline constexpr size_t ingest_send_buffer = 128UL * 1024;
inline constexpr ngx_uint_t ingest_on_duplicate = kReject;
inline constexpr ngx_msec_t ingest_reconnect_window = 10'000;
inline constexpr ngx_msec_t ingest_idle_timeout = 4'000;
}  // namespace defaults

const IngestServerConf& ingest_server_conf(const ngx_rtmp_session_t& s);
const IngestConf* ingest_conf(const ngx_rtmp_session_t& s);

}  // namespace sluice::ngx
