#include "descriptor.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace sluice::bench {
namespace {

constexpr int kBacklog = 4096;

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

Result<Address> parse_address(const std::string& address, std::uint16_t port)
{
    Address out;
    auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
    if (inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        out.size = sizeof(*v4);
        return out;
    }
    if (inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        out.size = sizeof(*v6);
        return out;
    }
    return fail("not an IP address: " + address);
}

void set_flag(int fd, int level, int option)
{
    const int on = 1;
    setsockopt(fd, level, option, &on, sizeof(on));
}

}  // namespace

Result<Descriptor> connect_to(const std::string& address, std::uint16_t port, int receive_buffer)
{
    const auto to = parse_address(address, port);
    if (!to) return tl::unexpected(to.error());

    Descriptor fd(::socket(to->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return fail_errno("socket");
    set_flag(fd.get(), IPPROTO_TCP, TCP_NODELAY);
    if (receive_buffer > 0) {
        setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    }
    const auto* name = reinterpret_cast<const sockaddr*>(&to->storage);
    if (::connect(fd.get(), name, to->size) < 0 && errno != EINPROGRESS)
        return fail_errno("connect");
    return fd;
}

Result<Descriptor> listen_on_loopback(std::uint16_t port)
{
    Descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return fail_errno("socket");
    set_flag(fd.get(), SOL_SOCKET, SO_REUSEADDR);
    set_flag(fd.get(), SOL_SOCKET, SO_REUSEPORT);

    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof(name)) < 0)
        return fail_errno("bind");
    if (::listen(fd.get(), kBacklog) < 0) return fail_errno("listen");
    return fd;
}

std::uint16_t local_port(int fd)
{
    sockaddr_storage name{};
    socklen_t size = sizeof(name);
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) < 0) return 0;
    if (name.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in*>(&name)->sin_port);
    return ntohs(reinterpret_cast<sockaddr_in6*>(&name)->sin6_port);
}

void lift_file_limit()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace sluice::bench
