#include "callback.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace sluice::control {
namespace {

/// A port of the loopback that takes connections and never answers.
class SilentServer {
public:
    SilentServer() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(fd_, generic, size), 0);
        EXPECT_EQ(::listen(fd_, 8), 0);
        EXPECT_EQ(::getsockname(fd_, generic, &size), 0);
        port_ = ntohs(address.sin_port);
    }
    ~SilentServer() { ::close(fd_); }
    SilentServer(const SilentServer&) = delete;
    SilentServer& operator=(const SilentServer&) = delete;

    std::string url() const { return "http://localhost:" + std::to_string(port_) + "/ask"; }

    bool was_reached() const
    {
        const int connection = ::accept(fd_, nullptr, nullptr);
        if (connection >= 0) ::close(connection);
        return connection >= 0;
    }

private:
    int fd_;
    int port_ = 0;
};

Error error_of(const std::string& url, bool allow_private)
{
    const auto answer =
        post_callback(url, "{}", std::chrono::milliseconds(300), std::stop_token(), allow_private);
    EXPECT_FALSE(answer);
    return answer ? Error{} : answer.error();
}

TEST(Callback, LeadsToAPrivateNetworkOnlyWhenThatIsAllowed)
{
    const SilentServer server;
    EXPECT_EQ(error_of(server.url(), false).detail, "its address is not allowed");
    EXPECT_FALSE(server.was_reached());
    EXPECT_NE(error_of(server.url(), true).detail, "its address is not allowed");
    EXPECT_TRUE(server.was_reached());
}

TEST(Callback, NeverLeadsToWhereCloudsKeepCredentials)
{
    for (const auto* url : {"http://169.254.169.254/latest", "http://[fe80::1]/", "http://0.0.0.0/",
                            "http://2852039166/"}) {
        EXPECT_EQ(error_of(url, true).detail, "its address is not allowed") << url;
    }
}

TEST(Callback, TakesNoWayThroughAProxy)
{
    const SilentServer proxy;
    ::setenv("http_proxy", proxy.url().c_str(), 1);
    EXPECT_EQ(error_of("http://169.254.169.254/latest", true).detail, "its address is not allowed");
    ::unsetenv("http_proxy");
    EXPECT_FALSE(proxy.was_reached());
}

}  // namespace
}  // namespace sluice::control
