#include "sink.hpp"

#include <sys/socket.h>
#include <array>

namespace sluice::ngx {
namespace {

constexpr std::size_t kMostPieces = 4;

Sent blocked_or_failed(ngx_connection_t& c)
{
    return {.failed = ngx_handle_write_event(c.write, 0) != NGX_OK, .blocked = true};
}

/// What the socket does not take at once: nginx's own send() knows all the reasons.
Sent send_rest(ngx_connection_t& c, Bytes piece, std::uint64_t done)
{
    Sent sent{.bytes = done};
    while (sent.bytes < piece.size()) {
        const auto n =
            c.send(&c, const_cast<u_char*>(piece.data()) + sent.bytes, piece.size() - sent.bytes);
        if (n > 0) {
            sent.bytes += static_cast<std::uint64_t>(n);
            continue;
        }
        if (n == NGX_ERROR) return {.bytes = sent.bytes, .failed = true};
        auto result = blocked_or_failed(c);
        result.bytes = sent.bytes;
        return result;
    }
    return sent;
}

}  // namespace

Sent send_plain(ngx_connection_t& c, Bytes piece)
{
    // nginx's would look at the connection's log and events, which nothing else here does.
    const auto n = ::send(c.fd, piece.data(), piece.size(), 0);
    if (n <= 0) return send_rest(c, piece, 0);
    c.sent += n;
    return send_rest(c, piece, static_cast<std::uint64_t>(n));
}

Sent send_raw(ngx_connection_t& c, std::span<const Bytes> pieces)
{
    std::array<ngx_buf_t, kMostPieces> bufs{};
    std::array<ngx_chain_t, kMostPieces> links{};
    std::size_t count = 0;
    for (const auto& piece : pieces) {
        if (piece.empty() || count == kMostPieces) continue;
        auto& buf = bufs[count];
        buf.pos = buf.start = const_cast<u_char*>(piece.data());
        buf.last = buf.end = buf.pos + piece.size();
        buf.memory = 1;
        links[count] = {.buf = &buf, .next = nullptr};
        if (count > 0) links[count - 1].next = &links[count];
        ++count;
    }
    if (count == 0) return {};
    bufs[count - 1].flush = 1;  // TLS would wait for a full record

    auto* rest = c.send_chain(&c, links.data(), 0);
    if (rest == NGX_CHAIN_ERROR) return {.failed = true};
    Sent sent;
    for (std::size_t i = 0; i < count; ++i)
        sent.bytes += static_cast<std::uint64_t>(bufs[i].pos - bufs[i].start);
    if (rest == nullptr && !(c.buffered & NGX_LOWLEVEL_BUFFERED)) return sent;
    auto result = blocked_or_failed(c);
    result.bytes = sent.bytes;
    return result;
}

Sent flush_raw(ngx_http_request_t& r)
{
    auto& c = *r.connection;
    if (r.out != nullptr) {  // the response header has not left yet
        const auto rc = ngx_http_output_filter(&r, nullptr);
        if (rc == NGX_ERROR) return {.failed = true};
        if (r.out != nullptr) return blocked_or_failed(c);
    }
    if (!(c.buffered & NGX_LOWLEVEL_BUFFERED)) return {};
    if (c.send_chain(&c, nullptr, 0) == NGX_CHAIN_ERROR) return {.failed = true};
    return c.buffered & NGX_LOWLEVEL_BUFFERED ? blocked_or_failed(c) : Sent{};
}

}  // namespace sluice::ngx
