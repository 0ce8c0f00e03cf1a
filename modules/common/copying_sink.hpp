#pragma once

#include <cstdint>
#include <span>

#include "ngx.hpp"

namespace sluice::ngx {

using Bytes = std::span<const std::uint8_t>;

/// How a send went.
struct Sent {
    std::uint64_t bytes = 0;  ///< taken over: gone, or copied
    bool failed = false;      ///< the connection is broken
    bool blocked = false;     ///< takes no more now: the write event will call
};

/// Sends through nginx's filters, which keep pointers to what they are given: so the bytes are
/// copied into a buffer of the request's pool that is used again once it has left. For HTTP/2, and
/// for slow trickles such as events.
class CopyingSink {
public:
    /// Takes at most 16 KB of the pieces at a time, and nothing while the last ones are under way.
    Sent send(ngx_http_request_t& r, std::span<const Bytes> pieces);

    /// Pushes what is under way.
    Sent flush(ngx_http_request_t& r);

private:
    Sent pass(ngx_http_request_t& r, ngx_chain_t* out);

    ngx_chain_t* free_ = nullptr;
    ngx_chain_t* busy_ = nullptr;
};

}  // namespace sluice::ngx
