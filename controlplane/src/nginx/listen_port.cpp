#include "listen_port.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sluice::control::nginx {
namespace {

class Socket {
public:
    explicit Socket(int family) : fd_(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
    ~Socket()
    {
        if (fd_ >= 0) close(fd_);
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    int fd() const { return fd_; }

    void set(int level, int option) const
    {
        const int on = 1;
        setsockopt(fd_, level, option, &on, sizeof on);
    }

    template <class Address>
    bool bind_to(const Address& address) const
    {
        return bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }

private:
    int fd_;
};

/// 0, or the errno of the attempt. SO_REUSEADDR as nginx sets it: connections in TIME_WAIT don't
/// matter.
int try_listen_v4(std::uint16_t port)
{
    const Socket s(AF_INET);
    s.set(SOL_SOCKET, SO_REUSEADDR);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_port = htons(port);
    return s.bind_to(any) && listen(s.fd(), 1) == 0 ? 0 : errno;
}

int try_listen_v6(std::uint16_t port)
{
    const Socket s(AF_INET6);
    if (s.fd() < 0) return errno;
    s.set(SOL_SOCKET, SO_REUSEADDR);
    s.set(IPPROTO_IPV6, IPV6_V6ONLY);
    sockaddr_in6 any{};
    any.sin6_family = AF_INET6;
    any.sin6_port = htons(port);
    return s.bind_to(any) && listen(s.fd(), 1) == 0 ? 0 : errno;
}

std::string in_words(int error)
{
    if (error == EADDRINUSE) return "address already in use";
    if (error == EACCES) {
        return "permission denied (a port below 1024 needs the capability CAP_NET_BIND_SERVICE)";
    }
    return std::strerror(error);
}

}  // namespace

std::optional<std::string> why_not_listen(std::uint16_t port, bool ipv6)
{
    if (const int error = try_listen_v4(port); error != 0) return in_words(error);
    if (!ipv6) return std::nullopt;
    if (const int error = try_listen_v6(port); error != 0) return in_words(error) + " (IPv6)";
    return std::nullopt;
}

bool has_ipv6()
{
    return try_listen_v6(0) == 0;
}

std::uint16_t free_loopback_port()
{
    const Socket s(AF_INET);
    sockaddr_in loopback{};
    loopback.sin_family = AF_INET;
    loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!s.bind_to(loopback)) return 0;
    socklen_t size = sizeof loopback;
    if (getsockname(s.fd(), reinterpret_cast<sockaddr*>(&loopback), &size) != 0) return 0;
    return ntohs(loopback.sin_port);
}

}  // namespace sluice::control::nginx
