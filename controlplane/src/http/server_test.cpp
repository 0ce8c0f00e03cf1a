#include "server.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

#include "core/channel/temporary_folder.hpp"
#include "unix_listener.hpp"

namespace sluice::control::http {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class ServerTest : public testing::Test {
protected:
    ~ServerTest() override { server_.reset(); }

    void start(Server::Handle handle)
    {
        auto server = Server::start({.socket = socket(), .threads = 4, .max_request = 4096},
                                    std::move(handle), metrics_);
        ASSERT_TRUE(server) << server.error().detail;
        server_ = std::move(*server);
    }

    fs::path socket() const { return folder_ / "api.sock"; }

    Descriptor connect() const
    {
        Descriptor fd(::socket(AF_UNIX, SOCK_STREAM, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, socket().c_str());
        const auto* name = reinterpret_cast<const sockaddr*>(&address);
        const timeval limit{10, 0};
        ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        if (::connect(fd.get(), name, sizeof address) != 0) return Descriptor();
        return fd;
    }

    static void write(const Descriptor& fd, const std::string& text)
    {
        ASSERT_EQ(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }

    static std::string read_to_end(const Descriptor& fd)
    {
        std::string text;
        char buffer[4096];
        for (ssize_t got = 0; (got = ::read(fd.get(), buffer, sizeof buffer)) > 0;) {
            text.append(buffer, static_cast<std::size_t>(got));
        }
        return text;
    }

    std::string ask(const std::string& request) const
    {
        const auto fd = connect();
        write(fd, request);
        return read_to_end(fd);
    }

    const channel::TemporaryFolder own_;
    const fs::path folder_ = own_.path();
    Metrics metrics_{{}, "test"};
    std::unique_ptr<Server> server_;
};

Reply echo(const Request& request)
{
    return json_reply(200, {{"method", request.method},
                            {"path", request.path},
                            {"body", request.body},
                            {"q", std::string(request.parameter("q"))},
                            {"x", std::string(request.header("x-test"))}});
}

TEST_F(ServerTest, ARequestArrivesWholeAndItsReplyGoesBack)
{
    start(echo);
    const auto reply =
        ask("POST /a/b?q=%41 HTTP/1.0\r\nX-Test: yes\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 200 OK\r\n")) << reply;
    EXPECT_NE(reply.find(R"({"body":"hi","method":"POST","path":"/a/b","q":"A","x":"yes"})"),
              std::string::npos)
        << reply;
}

/// Of /slow the reply comes when the test sends it.
struct Slow {
    Reply operator()(const Request& request)
    {
        if (request.path != "/slow") return echo(request);
        Reply reply;
        reply.later = [this](auto send) { asked.set_value(std::move(send)); };
        return reply;
    }
    std::promise<std::function<void(Reply)>> asked;
};

TEST_F(ServerTest, AReplyThatComesLaterHoldsUpNobody)
{
    Slow slow;
    start([&](const Request& request) { return slow(request); });
    const auto fd = connect();
    write(fd, "GET /slow HTTP/1.1\r\n\r\n");
    const auto send = slow.asked.get_future().get();
    for (int i = 0; i < 8; ++i) {
        EXPECT_NE(ask("GET /quick HTTP/1.0\r\n\r\n").find("/quick"), std::string::npos);
    }
    std::thread([&] { send(json_reply(200, {{"late", true}})); }).join();
    const auto reply = read_to_end(fd);
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 200 OK\r\n")) << reply;
    EXPECT_TRUE(reply.ends_with("{\"late\":true}\n")) << reply;
}

TEST_F(ServerTest, WhoLeavesBeforeHisReplyLeavesNothingBehind)
{
    Slow slow;
    start([&](const Request& request) { return slow(request); });
    auto fd = connect();
    write(fd, "GET /slow HTTP/1.1\r\n\r\n");
    const auto send = slow.asked.get_future().get();
    fd = Descriptor();
    while (metrics_.text({}).find("\nsluice_api_connections 0\n") == std::string::npos) {
        std::this_thread::yield();
    }
    send(json_reply(200, {}));
    EXPECT_NE(ask("GET /quick HTTP/1.0\r\n\r\n").find("/quick"), std::string::npos);
}

TEST_F(ServerTest, ABodyInPiecesIsPutTogether)
{
    start(echo);
    const auto fd = connect();
    write(fd, "POST / HTTP/1.0\r\nContent-Le");
    write(fd, "ngth: 4\r\n\r\nab");
    write(fd, "cd");
    EXPECT_NE(read_to_end(fd).find(R"("body":"abcd")"), std::string::npos);
}

TEST_F(ServerTest, AKeptConnectionServesSeveralRequests)
{
    start(echo);
    const auto fd = connect();
    char buffer[4096];
    for (int i = 0; i < 3; ++i) {
        write(fd, "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n");
        const auto got = ::read(fd.get(), buffer, sizeof buffer);
        ASSERT_GT(got, 0);
        const std::string reply(buffer, static_cast<std::size_t>(got));
        EXPECT_NE(reply.find("\"path\":\"/" + std::to_string(i) + "\""), std::string::npos);
    }
}

TEST_F(ServerTest, HeadGetsTheLengthButNoBody)
{
    start(echo);
    const auto reply = ask("HEAD / HTTP/1.0\r\n\r\n");
    EXPECT_NE(reply.find("Content-Length: "), std::string::npos);
    EXPECT_TRUE(reply.ends_with("\r\n\r\n")) << reply;
}

TEST_F(ServerTest, GarbageAndTooLargeRequestsGetAProblemAndTheServerLivesOn)
{
    start(echo);
    EXPECT_TRUE(ask("\x01\x02\x03 garbage\r\n\r\n").starts_with("HTTP/1.1 400 "));
    EXPECT_TRUE(ask("GET / HTTP/1.0\r\nContent-Length: 1x\r\n\r\n").starts_with("HTTP/1.1 400 "));
    EXPECT_TRUE(ask("GET / HTTP/1.0\r\nno colon\r\n\r\n").starts_with("HTTP/1.1 400 "));
    EXPECT_TRUE(ask("POST / HTTP/1.0\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")
                    .starts_with("HTTP/1.1 400 "));
    EXPECT_TRUE(ask("GET /?q=%zz HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 400 "));
    const auto large =
        ask("POST / HTTP/1.0\r\nContent-Length: 9000\r\n\r\n" + std::string(9000, 'x'));
    EXPECT_TRUE(large.empty() || large.starts_with("HTTP/1.1 413 ")) << large;
    EXPECT_TRUE(ask("GET / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200 "));
}

TEST_F(ServerTest, NoHeaderOfALegalClientMakesItRefuse)
{
    start(echo);
    for (const auto* header :
         {"Accept: text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "Cookie: a",
          "Cache-Control: no-cache, foo=bar", "Date: junk",
          "Content-Type: application/json; charset", "Host: [::1", "Authorization: nothing",
          "Content-Encoding: x", "Expect: soon", "Connection: upgrade, keep-alive",
          "User-Agent:", "Allow: EVERYTHING", "X-Test:\tyes "}) {
        const auto reply = ask(std::string("GET / HTTP/1.0\r\n") + header + "\r\n\r\n");
        EXPECT_TRUE(reply.starts_with("HTTP/1.1 200 ")) << header << reply;
    }
    const auto chunked =
        ask("POST / HTTP/1.0\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
    EXPECT_TRUE(chunked.starts_with("HTTP/1.1 411 ")) << chunked;
}

TEST_F(ServerTest, TheRestOfARefusedBodyIsNoRequest)
{
    std::atomic<int> handled{0};
    start([&](const Request&) {
        ++handled;
        return json_reply(200, json::object());
    });
    const auto fd = connect();
    write(fd, "POST / HTTP/1.1\r\nContent-Length: 9000\r\n\r\n" + std::string(4500, 'x'));
    EXPECT_TRUE(read_to_end(fd).starts_with("HTTP/1.1 413 "));
    write(fd, "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(ask("GET / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200 "));
    server_->stop(std::chrono::seconds(10));
    EXPECT_EQ(handled, 1);
}

TEST_F(ServerTest, HandlersOfSeveralConnectionsRunAtOnce)
{
    std::mutex mutex;
    std::condition_variable met;
    int inside = 0;
    start([&](const Request& request) {
        std::unique_lock lock(mutex);
        ++inside;
        met.notify_all();
        const bool together =
            met.wait_for(lock, std::chrono::seconds(10), [&] { return inside >= 3; });
        return json_reply(together ? 200 : 500, {{"path", request.path}});
    });
    std::vector<std::thread> clients;
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back(
            [&] { EXPECT_TRUE(ask("GET / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200 ")); });
    }
    for (auto& client : clients) client.join();
}

TEST_F(ServerTest, StoppingLetsARequestInFlightFinish)
{
    std::mutex mutex;
    std::condition_variable changed;
    bool inside = false;
    bool go_on = false;
    start([&](const Request&) {
        std::unique_lock lock(mutex);
        inside = true;
        changed.notify_all();
        changed.wait_for(lock, std::chrono::seconds(10), [&] { return go_on; });
        return json_reply(200, {{"done", true}});
    });
    std::string reply;
    std::thread client([&] { reply = ask("GET / HTTP/1.0\r\n\r\n"); });
    std::thread stopper;
    {
        std::unique_lock lock(mutex);
        changed.wait_for(lock, std::chrono::seconds(10), [&] { return inside; });
        stopper = std::thread([&] { server_->stop(std::chrono::seconds(10)); });
    }
    while (fs::exists(socket())) std::this_thread::yield();  // it takes no new connections now
    {
        const std::lock_guard lock(mutex);
        go_on = true;
    }
    changed.notify_all();
    stopper.join();
    client.join();
    EXPECT_NE(reply.find("\"done\":true"), std::string::npos) << reply;
}

TEST_F(ServerTest, AStaleSocketIsReplacedAndAUsedOneIsLeftAlone)
{
    {
        std::ofstream stale(socket());
    }
    start(echo);
    const auto second = listen_unix(socket());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::conflict);
    EXPECT_TRUE(ask("GET / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace sluice::control::http
