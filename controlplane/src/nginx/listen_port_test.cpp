#include "listen_port.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::control::nginx {
namespace {

/// A listening socket on a port that the kernel chose.
class Listener {
public:
    explicit Listener(int family) : fd_(socket(family, SOCK_STREAM, 0))
    {
        sockaddr_in6 any{};
        any.sin6_family = static_cast<sa_family_t>(family);
        const socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
        const int on = 1;
        if (family == AF_INET6) setsockopt(fd_, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
        EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&any), size), 0);
        EXPECT_EQ(listen(fd_, 1), 0);
        socklen_t length = sizeof any;
        getsockname(fd_, reinterpret_cast<sockaddr*>(&any), &length);
        port_ = ntohs(any.sin6_port);
    }
    ~Listener() { close(fd_); }

    std::uint16_t port() const { return port_; }

private:
    int fd_;
    std::uint16_t port_ = 0;
};

TEST(ListenPort, OneThatSomebodyListensOnIsInUse)
{
    const Listener other(AF_INET);

    const auto why = why_not_listen(other.port(), false);

    ASSERT_TRUE(why);
    EXPECT_EQ(*why, "address already in use");
}

TEST(ListenPort, OneThatIsTakenOnIpv6OnlyIsFoundToo)
{
    if (!has_ipv6())
        GTEST_SKIP() << "the loopback interface has no ::1; to run this: "
                        "sysctl -w net.ipv6.conf.lo.disable_ipv6=0";
    const Listener other(AF_INET6);

    EXPECT_TRUE(why_not_listen(other.port(), true));
    EXPECT_FALSE(why_not_listen(other.port(), false));
}

TEST(ListenPort, AFreeOneIsFreeAndStaysSo)
{
    const auto port = free_loopback_port();

    ASSERT_NE(port, 0);
    EXPECT_FALSE(why_not_listen(port, has_ipv6()));
    EXPECT_FALSE(why_not_listen(port, has_ipv6()));
}

}  // namespace
}  // namespace sluice::control::nginx
