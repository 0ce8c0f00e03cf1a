#include "curl_sender.hpp"

#include <gtest/gtest.h>

#include <future>
#include <map>

#include "../nginx/listen_port.hpp"

namespace sluice::control::events {
namespace {

std::map<std::uint64_t, Sent> wait_for(CurlSender& sender, std::size_t count)
{
    std::map<std::uint64_t, Sent> ended;
    for (int i = 0; i < 1000 && ended.size() < count; ++i) {
        for (const auto& sent : sender.wait(std::chrono::milliseconds(100))) ended[sent.tag] = sent;
    }
    return ended;
}

TEST(CurlSenderTest, ANameServerThatIsSilentHoldsUpNobodyElse)
{
    std::promise<void> over;
    CurlSender sender([] { return true; },
                      [ends = over.get_future().share()](const std::string& name) {
                          if (name == "silent.test") ends.wait();
                          return Resolver::Addresses{"127.0.0.1"};
                      });
    const auto port = std::to_string(nginx::free_loopback_port());
    const auto send = [&](std::uint64_t tag, const std::string& host) {
        sender.send({.tag = tag,
                     .url = "http://" + host + ":" + port + "/",
                     .headers = {},
                     .body = "{}",
                     .timeout = std::chrono::milliseconds(tag == 1 ? 50 : 30'000)});
    };
    send(1, "silent.test");
    send(2, "quick.test");
    send(3, "127.0.0.1");
    send(4, "silent.test");

    const auto ended = wait_for(sender, 3);

    ASSERT_EQ(ended.size(), 3U);
    EXPECT_EQ(ended.at(1).error, "Timeout was reached");
    EXPECT_GE(ended.at(1).ms, 50);
    EXPECT_EQ(ended.at(2).error, ended.at(3).error) << "both found that nobody listens there";
    over.set_value();
    EXPECT_EQ(wait_for(sender, 1).at(4).error, ended.at(3).error);
}

TEST(CurlSenderTest, ANameThatLeadsNowhereIsSaidSo)
{
    CurlSender sender([] { return true; },
                      [](const std::string&) { return Resolver::Addresses{}; });
    sender.send({.tag = 1, .url = "http://nobody.test/", .headers = {}, .body = "{}"});
    EXPECT_EQ(wait_for(sender, 1).at(1).error, "Couldn't resolve host name");
}

}  // namespace
}  // namespace sluice::control::events
