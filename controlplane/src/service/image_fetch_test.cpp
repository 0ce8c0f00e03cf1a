#include "image_fetch.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <thread>
#include <vector>

namespace sluice::control {
namespace {

using namespace std::chrono_literals;

/// Answers each request on the loopback with what `answer` makes of its head; nothing: never.
class Server {
public:
    using Answer = std::function<std::string(const std::string& head)>;

    explicit Server(Answer answer)
        : answer_(std::move(answer)), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
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
        thread_ = std::thread([this] { serve(); });
    }
    ~Server()
    {
        ::shutdown(fd_, SHUT_RDWR);
        thread_.join();
        for (const int connection : silent_) ::close(connection);
        ::close(fd_);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::string url(const std::string& path = "/logo.png") const
    {
        return "http://user:secret@localhost:" + std::to_string(port_) + path;
    }

private:
    void serve()
    {
        for (int connection = 0; (connection = ::accept(fd_, nullptr, nullptr)) >= 0;) {
            std::array<char, 8192> head{};
            const auto got = ::read(connection, head.data(), head.size());
            const auto said = answer_(std::string(head.data(), got > 0 ? got : 0));
            if (said.empty()) {
                silent_.push_back(connection);
                continue;
            }
            (void)::send(connection, said.data(), said.size(), MSG_NOSIGNAL);
            ::close(connection);
        }
    }

    Answer answer_;
    int fd_;
    int port_ = 0;
    std::vector<int> silent_;
    std::thread thread_;
};

std::string ok(const std::string& body, const std::string& fields = {})
{
    return "HTTP/1.1 200 OK\r\nConnection: close\r\n" + fields + "\r\n" + body;
}

std::string redirect(const std::string& to)
{
    return "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: " + to + "\r\n\r\n";
}

Result<FetchedImage> fetch(const std::string& url, bool allow_private = true,
                           const ImageValidators& known = {}, const FetchLimits& limits = {})
{
    return fetch_image(url, known, allow_private, std::stop_token(), limits);
}

std::string reason(const Result<FetchedImage>& fetched)
{
    return fetched ? "none" : fetched.error().detail;
}

constexpr auto* kNotAllowed = "its address may not be reached (settings: watermark.allow_private)";

TEST(ImageFetch, GivesTheBodyAndWhatToAskWithNextTime)
{
    const Server server([](const auto& head) {
        if (head.find("If-None-Match: \"7\"") != std::string::npos) {
            return std::string("HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n");
        }
        return ok("bytes", "ETag: \"7\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n");
    });
    const auto first = fetch(server.url());
    ASSERT_TRUE(first) << reason(first);
    EXPECT_EQ(first->bytes, "bytes");
    EXPECT_EQ(first->validators.etag, "\"7\"");
    EXPECT_EQ(first->validators.last_modified, "Thu, 01 Jan 2026 00:00:00 GMT");
    const auto second = fetch(server.url(), true, first->validators);
    ASSERT_TRUE(second) << reason(second);
    EXPECT_FALSE(second->changed);
    EXPECT_EQ(second->validators.etag, "\"7\"");
}

TEST(ImageFetch, LeadsToAPrivateNetworkOnlyWhenThatIsAllowed)
{
    const Server server([](const auto&) { return ok("bytes"); });
    EXPECT_EQ(reason(fetch(server.url(), false)), kNotAllowed);
    EXPECT_EQ(reason(fetch(server.url(), true)), "none");
}

TEST(ImageFetch, NeverLeadsToWhereCloudsKeepCredentials)
{
    const Server server([](const auto&) { return redirect("http://169.254.169.254/latest"); });
    EXPECT_EQ(reason(fetch(server.url())), kNotAllowed);
    for (const auto* url : {"http://169.254.169.254/latest", "http://[fe80::1]/", "http://0/",
                            "http://2852039166/", "http://[::ffff:169.254.169.254]/"}) {
        EXPECT_EQ(reason(fetch(url)), kNotAllowed) << url;
    }
}

TEST(ImageFetch, FollowsThreeRedirectsAndNoFile)
{
    int left = 0;
    const Server server([&](const auto& head) {
        if (head.starts_with("GET /file")) return redirect("file:///etc/passwd");
        return left-- > 0 ? redirect("/again") : ok("bytes");
    });
    left = 3;
    EXPECT_EQ(reason(fetch(server.url())), "none");
    left = 4;
    EXPECT_EQ(reason(fetch(server.url())), "it redirects more than 3 times");
    const auto file = fetch(server.url("/file"));
    EXPECT_EQ(reason(file), "Unsupported protocol");
}

TEST(ImageFetch, TakesNoMoreThanItMay)
{
    const Server server([](const auto& head) {
        return ok(std::string(head.starts_with("GET /large") ? (1 << 20) + 1 : 1 << 20, 'x'));
    });
    const FetchLimits limits{.bytes = 1 << 20};
    EXPECT_EQ(reason(fetch(server.url(), true, {}, limits)), "none");
    EXPECT_EQ(reason(fetch(server.url("/large"), true, {}, limits)), "it has more than 1 MiB");
}

TEST(ImageFetch, WaitsNoLongerThanItMayAndTellsNoSecret)
{
    const Server server([](const auto&) { return std::string(); });
    const auto slow = fetch(server.url("/?key=secret"), true, {}, {.time = 300ms});
    EXPECT_EQ(reason(slow), "Timeout was reached");
    const Server missing([](const auto&) {
        return std::string("HTTP/1.1 404 No secret\r\nConnection: close\r\n\r\n");
    });
    EXPECT_EQ(reason(fetch(missing.url())), "the server answers 404");
}

}  // namespace
}  // namespace sluice::control
