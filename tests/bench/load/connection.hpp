#pragma once

#include <openssl/ssl.h>
#include <memory>
#include <optional>

#include "descriptor.hpp"
#include "flv_format.hpp"
#include "result.hpp"

namespace sluice::bench {

struct FreeTlsContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTlsContext>;

/// A client context that checks no certificate (the servers under test make their own) and offers
/// `h2` where asked.
TlsContext make_tls_context(bool http2);

/// A non-blocking connection to a server, in the clear or through TLS.
class Connection {
public:
    Connection() = default;
    /// `tls` may be null; it must outlive the connection.
    Connection(Descriptor socket, SSL_CTX* tls);

    int fd() const { return socket_.get(); }
    bool open() const { return static_cast<bool>(socket_); }

    /// Bytes read into `buffer`; nothing when there are none now; an error when the server closed
    /// or failed.
    Result<std::optional<std::size_t>> receive(std::span<std::uint8_t> buffer);

    /// Bytes written; 0 when the socket takes none now.
    Result<std::size_t> send(View bytes);

    void close();

private:
    struct FreeTls {
        void operator()(SSL* tls) const { SSL_free(tls); }
    };

    Result<bool> tls_outcome(int result) const;

    Descriptor socket_;
    std::unique_ptr<SSL, FreeTls> tls_;
};

}  // namespace sluice::bench
