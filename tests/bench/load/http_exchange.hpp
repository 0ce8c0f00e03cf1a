#pragma once

#include <memory>
#include <vector>

#include "endpoint.hpp"
#include "flv_format.hpp"
#include "result.hpp"

namespace sluice::bench {

/// One GET whose answer never ends: bytes in, body out, no socket.
class HttpExchange {
public:
    virtual ~HttpExchange() = default;

    /// Takes what the server sent and appends to `body` the pieces of it that are content; they
    /// point into `bytes`. An error says why this is not a 200 with content.
    virtual Result<void> receive(View bytes, std::vector<View>& body) = 0;

    /// Bytes for the server.
    View pending() const { return View(out_).subspan(out_at_); }
    void sent(std::size_t bytes) { out_at_ += bytes; }

protected:
    Bytes out_;  // NOLINT: appended to by the protocols
    std::size_t out_at_ = 0;
};

std::unique_ptr<HttpExchange> make_http1_get(const Endpoint& endpoint);

/// HTTP/2 with prior knowledge; the flow-control windows are opened once to 2 GiB, enough for two
/// hours of 2 Mbit/s.
std::unique_ptr<HttpExchange> make_http2_get(const Endpoint& endpoint);

}  // namespace sluice::bench
