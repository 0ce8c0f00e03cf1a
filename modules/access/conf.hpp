#pragma once

#include <type_traits>

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Who asks whom before a stream starts; the values of sluice_access_publish and
/// sluice_access_play.
inline constexpr ngx_uint_t kAccessOpen = 0;  ///< nobody
inline constexpr ngx_uint_t kAccessSigned =
    1;  ///< the signature, with the one key of the configuration
inline constexpr ngx_uint_t kAccessChannels = 2;  ///< the channel in the snapshot

/// Per RTMP application. Standard-layout on purpose: nginx fills both through offsetof().
struct PublishAccessConf {
    ngx_uint_t publish;
    ngx_str_t key;  ///< secret: never in logs
};

/// Per HTTP location.
struct PlayAccessConf {
    ngx_uint_t play;
};

static_assert(std::is_standard_layout_v<PublishAccessConf>);
static_assert(std::is_standard_layout_v<PlayAccessConf>);

namespace defaults {
// An application that says nothing lets nobody in who is not in the snapshot.
inline constexpr ngx_uint_t access_publish = kAccessChannels;
inline constexpr ngx_uint_t access_play = kAccessOpen;
}  // namespace defaults

const PublishAccessConf& publish_access_conf(const ngx_rtmp_session_t& s);
const PlayAccessConf& play_access_conf(const ngx_http_request_t& r);

}  // namespace sluice::ngx
