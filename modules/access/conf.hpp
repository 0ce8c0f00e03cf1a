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

/// Whom to ask before a stream starts; the arguments of sluice_access_authorise.
struct AuthoriseConf {
    ngx_str_t socket;    ///< path; no data: not set here, empty: nobody
    ngx_msec_t timeout;  ///< this and the next count where no channel says its own
    ngx_flag_t allow_on_failure;
};

/// Per RTMP application. Standard-layout on purpose: nginx fills both through offsetof().
struct PublishAccessConf {
    ngx_uint_t publish;
    ngx_str_t key;  ///< secret: never in logs
    AuthoriseConf authorise;
};

inline constexpr ngx_uint_t kPageOff = 0;
inline constexpr ngx_uint_t kPageOn = 1;       ///< pages: only the signature counts
inline constexpr ngx_uint_t kPagePicture = 2;  ///< pictures of the stream: every rule does

/// Per HTTP location.
struct PlayAccessConf {
    ngx_uint_t play;
    ngx_uint_t page;  ///< kPage…: what is gated here
    AuthoriseConf authorise;
};

static_assert(std::is_standard_layout_v<PublishAccessConf>);
static_assert(std::is_standard_layout_v<PlayAccessConf>);

namespace defaults {
// An application that says nothing lets nobody in who is not in the snapshot.
inline constexpr ngx_uint_t access_publish = kAccessChannels;
inline constexpr ngx_uint_t access_play = kAccessOpen;
inline constexpr ngx_msec_t access_authorise_timeout = 2000;
}  // namespace defaults

/// The setter of sluice_access_authorise; `cmd->offset` is that of the AuthoriseConf.
char* set_authorise(ngx_conf_t* cf, ngx_command_t* cmd, void* conf);
void merge_authorise(AuthoriseConf& conf, const AuthoriseConf& parent);

const PublishAccessConf& publish_access_conf(const ngx_rtmp_session_t& s);
const PlayAccessConf& play_access_conf(const ngx_http_request_t& r);

}  // namespace sluice::ngx
