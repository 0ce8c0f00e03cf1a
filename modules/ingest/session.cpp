#include "session.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <string>

#include "conf.hpp"
#include "held_command.hpp"
#include "input_limits.hpp"
#include "modules/common/guard.hpp"

extern "C" ngx_module_t ngx_rtmp_sluice_ingest_module;

namespace sluice::ngx {
namespace {

constexpr ngx_msec_t kLinger = 300;  // for the status to arrive before the connection is gone

void deadline_passed(ngx_event_t& event)
{
    auto& session = *static_cast<RtmpSession*>(event.data);
    auto* c = session.rtmp->connection;
    if (session.rtmp->relay) return;  // nginx-rtmp's own connection to another server
    if (!session.closing) {
        ngx_log_error(NGX_LOG_INFO, c->log, 0, "sluice ingest: neither publish nor play in time");
    }
    ngx_rtmp_finalize_session(session.rtmp);
}

/// Replies leave at once: with Nagle's algorithm Publish.Start would wait for the client's delayed
/// acknowledgement.
void send_at_once(ngx_connection_t& c)
{
    int on = 1;
    if (setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0)
        c.tcp_nodelay = NGX_TCP_NODELAY_SET;
}

void close_sending_side(ngx_connection_t& c)
{
    ::shutdown(c.fd, SHUT_WR);
}

}  // namespace

RtmpSession* rtmp_session(ngx_rtmp_session_t& s)
{
    return static_cast<RtmpSession*>(ngx_rtmp_get_module_ctx((&s), ngx_rtmp_sluice_ingest_module));
}

ngx_int_t session_connected(ngx_rtmp_session_t& s, ngx_rtmp_header_t*, ngx_chain_t*)
{
    auto* mem = ngx_pcalloc(s.connection->pool, sizeof(RtmpSession));
    if (mem == nullptr) return NGX_ERROR;
    auto* session = new (mem) RtmpSession{.rtmp = &s};
    ngx_rtmp_set_ctx((&s), session, ngx_rtmp_sluice_ingest_module);

    limit_unfinished_messages(*session);
    send_at_once(*s.connection);
    session->deadline.data = session;
    session->deadline.log = s.connection->log;
    session->deadline.handler = event_door<deadline_passed>;
    session_unused(*session);
    return NGX_OK;
}

ngx_int_t session_disconnected(ngx_rtmp_session_t& s, ngx_rtmp_header_t*, ngx_chain_t*)
{
    auto* session = rtmp_session(s);
    if (session == nullptr) return NGX_OK;
    drop_held(*session);
    if (session->deadline.timer_set) ngx_del_timer(&session->deadline);
    return NGX_OK;
}

void session_established(RtmpSession& session)
{
    if (session.deadline.timer_set) ngx_del_timer(&session.deadline);
}

void session_given_away(RtmpSession& session)
{
    session.given_away = true;
    session_established(session);
}

void session_unused(RtmpSession& session)
{
    ngx_add_timer(&session.deadline, ingest_server_conf(*session.rtmp).setup_timeout);
}

const char* publish_status_code(auth::Reason reason)
{
    const bool name =
        reason == auth::Reason::already_publishing || reason == auth::Reason::bad_name;
    return name ? "NetStream.Publish.BadName" : "NetStream.Publish.Denied";
}

void refuse_session(RtmpSession& session, const char* code, auth::Reason reason,
                    std::string_view detail)
{
    if (session.closing) return;
    session.closing = true;
    auto description = "sluice: " + std::string(to_string(reason));
    if (!detail.empty()) description.append(": ").append(detail);
    // nginx-rtmp's interface takes plain char pointers but only reads them.
    const auto sent =
        ngx_rtmp_send_status(session.rtmp, const_cast<char*>(code), const_cast<char*>("error"),
                             const_cast<char*>(description.c_str()));
    auto& s = *session.rtmp;
    if (sent == NGX_OK && s.out_chain == nullptr) close_sending_side(*s.connection);
    ngx_add_timer(&session.deadline, kLinger);
}

}  // namespace sluice::ngx
