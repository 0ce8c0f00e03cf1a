#pragma once

#include "session.hpp"

namespace sluice::ngx {

// What a client can make nginx-rtmp hold and work on, before anybody knows who it is. nginx-rtmp
// bounds one message, by max_message, and trusts its sender with the rest.

/// From now on the session ends when its unfinished messages hold too much together: 64 KB, or
/// max_message of one that publishes.
void limit_unfinished_messages(RtmpSession& session);

/// These look at a message before nginx-rtmp does. NGX_ERROR ends the session.
ngx_int_t check_chunk_size(ngx_rtmp_session_t& s, ngx_rtmp_header_t* h, ngx_chain_t* in);
ngx_int_t check_user_message(ngx_rtmp_session_t& s, ngx_rtmp_header_t* h, ngx_chain_t* in);
ngx_int_t check_command(ngx_rtmp_session_t& s, ngx_rtmp_header_t* h, ngx_chain_t* in);
/// NGX_DONE keeps the message from nginx-rtmp.
ngx_int_t check_data(ngx_rtmp_session_t& s, ngx_rtmp_header_t* h, ngx_chain_t* in);
/// Has nginx-rtmp take the aggregate apart itself: audio, video and data are what it may hold.
ngx_int_t check_aggregate(ngx_rtmp_session_t& s, ngx_rtmp_header_t* h, ngx_chain_t* in);

}  // namespace sluice::ngx
