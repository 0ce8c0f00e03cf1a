#include "input_limits.hpp"

#include <algorithm>
#include <span>

namespace sluice::ngx {
namespace {

// nginx-rtmp allocates 120 bytes for each chunk beside its content; the specification wants 128 at
// least (RTMP 1.0, 5.4.1).
constexpr ngx_uint_t kSmallestChunk = 128;
// nginx-rtmp takes 10 MB, and then allocates it for each chunk stream.
constexpr ngx_uint_t kLargestChunk = 1 << 20;

// nginx-rtmp reads AMF by recursion: 224 bytes of stack for each 4 of the message. A command of an
// encoder or a player has some hundred bytes.
constexpr std::size_t kLargestAmf = 16 * 1024;

// Nobody who hasn't published yet has anything to say that is longer.
constexpr std::size_t kUnfinishedBytes = 64 * 1024;

// Replies that the client doesn't read: each holds a buffer of `chunk_size`.
constexpr std::size_t kUnreadReplies = 16;

std::size_t size_of(const ngx_chain_t* in)
{
    std::size_t size = 0;
    for (; in != nullptr; in = in->next) {
        size += static_cast<std::size_t>(in->buf->last - in->buf->pos);
    }
    return size;
}

ngx_int_t refuse(const ngx_rtmp_session_t& s, const char* what)
{
    ngx_log_error(NGX_LOG_INFO, s.connection->log, 0, "sluice ingest: %s", what);
    return NGX_ERROR;
}

bool unread_replies(const RtmpSession& session)
{
    if (session.given_away) return false;  // its queue holds media
    const auto& s = *session.rtmp;
    return (s.out_last + s.out_queue - s.out_pos) % s.out_queue > kUnreadReplies;
}

/// What has come of the chunk that nginx-rtmp reads at the moment.
std::size_t chunk_at_hand(const ngx_rtmp_session_t& s)
{
    const auto* in = s.in_streams[s.in_csid].in;
    return in == nullptr ? 0 : static_cast<std::size_t>(in->buf->last - in->buf->start);
}

const char* excess(const RtmpSession& session)
{
    auto& s = *session.rtmp;
    const auto& conf = *static_cast<ngx_rtmp_core_srv_conf_t*>(
        ngx_rtmp_get_module_srv_conf((&s), ngx_rtmp_core_module));
    auto unfinished = chunk_at_hand(s);
    for (const auto& stream : std::span(s.in_streams, static_cast<std::size_t>(conf.max_streams))) {
        // Else nginx-rtmp goes on to collect, up to 4 GB.
        if (stream.len > stream.hdr.mlen) return "a message became shorter on its way";
        unfinished += stream.len;
    }
    const bool trusted =
        session.publisher != nullptr || session.given_away || session.closing || s.relay;
    if (unfinished > (trusted ? conf.max_message : kUnfinishedBytes))
        return "unfinished messages are too long";
    return unread_replies(session) ? "the client does not read the replies" : nullptr;
}

/// In place of the connection's recv(): nginx-rtmp reads until there is nothing left and offers no
/// other way to look in between.
ssize_t receive(ngx_connection_t* c, u_char* buf, std::size_t size) noexcept
{
    const auto& session = *rtmp_session(*static_cast<ngx_rtmp_session_t*>(c->data));
    if (const auto* what = excess(session)) return refuse(*session.rtmp, what);
    return session.receive(c, buf, size);
}

}  // namespace

void limit_unfinished_messages(RtmpSession& session)
{
    auto& c = *session.rtmp->connection;
    session.receive = c.recv;
    c.recv = receive;
}

ngx_int_t check_chunk_size(ngx_rtmp_session_t& s, ngx_rtmp_header_t*, ngx_chain_t* in)
{
    const auto* session = rtmp_session(s);
    if (session == nullptr) return NGX_OK;
    // nginx-rtmp would leave a pool behind for each.
    if (session->inside_aggregate) return refuse(s, "a control message in an aggregate");
    const auto size = in == nullptr ? 0 : static_cast<std::size_t>(in->buf->last - in->buf->pos);
    if (size < 4) return NGX_ERROR;
    const auto* p = in->buf->pos;
    const auto value = static_cast<ngx_uint_t>(p[0]) << 24 | static_cast<ngx_uint_t>(p[1]) << 16 |
                       static_cast<ngx_uint_t>(p[2]) << 8 | p[3];
    if (value >= kSmallestChunk && value <= kLargestChunk) return NGX_OK;
    ngx_log_error(NGX_LOG_INFO, s.connection->log, 0, "sluice ingest: chunk size %ui refused",
                  value);
    return NGX_ERROR;
}

ngx_int_t check_user_message(ngx_rtmp_session_t& s, ngx_rtmp_header_t*, ngx_chain_t*)
{
    const auto* session = rtmp_session(s);
    if (session == nullptr) return NGX_OK;
    if (session->inside_aggregate) return refuse(s, "a control message in an aggregate");
    return unread_replies(*session) ? refuse(s, "the client does not read the replies") : NGX_OK;
}

ngx_int_t check_command(ngx_rtmp_session_t& s, ngx_rtmp_header_t* h, ngx_chain_t* in)
{
    if (size_of(in) > kLargestAmf) return refuse(s, "a command is too long");
    return check_user_message(s, h, in);
}

ngx_int_t check_data(ngx_rtmp_session_t&, ngx_rtmp_header_t*, ngx_chain_t* in)
{
    return size_of(in) > kLargestAmf ? NGX_DONE : NGX_OK;
}

ngx_int_t check_aggregate(ngx_rtmp_session_t& s, ngx_rtmp_header_t* h, ngx_chain_t* in)
{
    auto* session = rtmp_session(s);
    if (session == nullptr) return NGX_OK;
    // nginx-rtmp would take them apart by recursion, too.
    if (session->inside_aggregate) return refuse(s, "an aggregate in an aggregate");
    session->inside_aggregate = true;
    const auto rc = ngx_rtmp_aggregate_message_handler(&s, h, in);
    session->inside_aggregate = false;
    return rc == NGX_OK ? NGX_DONE : rc;
}

}  // namespace sluice::ngx
