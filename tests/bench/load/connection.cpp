#include "connection.hpp"

#include <sys/socket.h>

namespace sluice::bench {
namespace {

constexpr unsigned char kAlpnH2[] = {2, 'h', '2'};

}  // namespace

TlsContext make_tls_context(bool http2)
{
    TlsContext context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS);
    if (http2) SSL_CTX_set_alpn_protos(context.get(), kAlpnH2, sizeof(kAlpnH2));
    return context;
}

Connection::Connection(Descriptor socket, SSL_CTX* tls) : socket_(std::move(socket))
{
    if (tls == nullptr) return;
    tls_.reset(SSL_new(tls));
    SSL_set_fd(tls_.get(), socket_.get());
    SSL_set_connect_state(tls_.get());
}

Result<std::optional<std::size_t>> Connection::receive(std::span<std::uint8_t> buffer)
{
    if (tls_) {
        std::size_t got = 0;
        const auto done = tls_outcome(SSL_read_ex(tls_.get(), buffer.data(), buffer.size(), &got));
        if (!done) return tl::unexpected(done.error());
        return *done ? std::optional(got) : std::nullopt;
    }
    const auto got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0) return fail("closed by the server");
    if (errno == EAGAIN) return std::nullopt;
    return fail(std::strerror(errno));
}

Result<std::size_t> Connection::send(View bytes)
{
    if (tls_) {
        std::size_t put = 0;
        const auto done = tls_outcome(SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &put));
        if (!done) return tl::unexpected(done.error());
        return put;
    }
    const auto put = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put >= 0) return static_cast<std::size_t>(put);
    if (errno == EAGAIN) return 0;
    return fail(std::strerror(errno));
}

/// True: done. False: later.
Result<bool> Connection::tls_outcome(int result) const
{
    if (result == 1) return true;
    const auto error = SSL_get_error(tls_.get(), result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return false;
    if (error == SSL_ERROR_ZERO_RETURN) return fail("closed by the server");
    return fail("TLS failed");
}

void Connection::close()
{
    tls_.reset();
    socket_.reset();
}

}  // namespace sluice::bench
