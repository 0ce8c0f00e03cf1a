#pragma once

#include <memory>
#include <string_view>

#include "core/auth/reason.hpp"
#include "modules/common/ngx.hpp"

namespace sluice::ngx {

class Publisher;
class Player;
class Authorisation;

/// What the module keeps for one RTMP connection; in the session's pool, made when the connection
/// is accepted.
struct RtmpSession {
    ngx_rtmp_session_t* rtmp = nullptr;
    ngx_event_t deadline{};  ///< for handshake, connect and publish or play; later for the end of a
                             ///< refused session
    Publisher* publisher = nullptr;
    Player* player = nullptr;
    Authorisation* asking = nullptr;  ///< a command waits for its answer (held_command.hpp)
    ngx_recv_pt receive = nullptr;    ///< the connection's own; input_limits stands before it
    bool given_away = false;          ///< nginx-rtmp publishes or plays, without us
    bool inside_aggregate = false;    ///< the message at hand is part of an aggregate
    bool closing = false;             ///< refused or ended: what still arrives is thrown away
};

/// nullptr for a session that isn't ours (a relay of nginx-rtmp's own).
RtmpSession* rtmp_session(ngx_rtmp_session_t& s);

/// Called for each accepted connection and when it ends.
ngx_int_t session_connected(ngx_rtmp_session_t& s, ngx_rtmp_header_t* h, ngx_chain_t* in);
ngx_int_t session_disconnected(ngx_rtmp_session_t& s, ngx_rtmp_header_t* h, ngx_chain_t* in);

/// The connection publishes or plays now: its set-up deadline is over.
void session_established(RtmpSession& session);

/// The application is none of ours: nginx-rtmp goes on as it would alone.
void session_given_away(RtmpSession& session);

/// It does neither any more, but is still there: the deadline runs again.
void session_unused(RtmpSession& session);

/// Tells the client why and closes: `code` is the NetStream status code, the description is
/// "sluice: <reason>", with ": <detail>" behind it when there is any. The sending side is shut
/// first, so that the status arrives although the client's data may still be under way.
void refuse_session(RtmpSession& session, const char* code, auth::Reason reason,
                    std::string_view detail = {});

/// The status code that fits a refused publisher.
const char* publish_status_code(auth::Reason reason);

}  // namespace sluice::ngx
