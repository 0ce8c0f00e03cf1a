#include "channel_urls.hpp"

#include <gtest/gtest.h>

#include "channel_record.hpp"
#include "channel_schema.hpp"
#include "core/auth/signature.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

json stored(const json& change = json::object())
{
    json body{{"id", "demo"}, {"ingest", {{"key", "secret"}}}};
    body.merge_patch(change);
    auto channel = complete(channel_rule(), body);
    channel["version"] = 1;
    return channel;
}

PublicAddress address()
{
    return {.host = "tv.example.com", .http_port = 80, .https_port = 443};
}

TEST(ChannelUrls, UsualPortsAreLeftOut)
{
    const auto urls = channel_urls(stored(), address(), true);
    EXPECT_EQ(urls["play"]["flv"], "http://tv.example.com/demo/live.flv");
    EXPECT_EQ(urls["play"]["ws_flv"], "ws://tv.example.com/demo/live.flv");
    EXPECT_EQ(urls["play"]["rtmp"], "rtmp://tv.example.com/stream/demo");
    EXPECT_EQ(urls["push"]["obs"]["server"], "rtmp://tv.example.com/stream");
    const auto rtmps = urls["push"]["rtmps"].get<std::string>();
    EXPECT_TRUE(rtmps.starts_with("rtmps://tv.example.com:1936/stream/demo?sign="));
}

TEST(ChannelUrls, OtherPortsAreNamed)
{
    auto where = address();
    where.http_port = 8080;
    where.rtmp_port = 11935;
    const auto urls = channel_urls(stored(), where, true);
    EXPECT_EQ(urls["play"]["hls"], "http://tv.example.com:8080/demo/live.m3u8");
    EXPECT_EQ(urls["play"]["rtmp"], "rtmp://tv.example.com:11935/stream/demo");
}

TEST(ChannelUrls, EncodersMayHaveAHostOfTheirOwn)
{
    auto where = address();
    where.push_host = "push.example.com";
    const auto urls = channel_urls(stored(), where, true);
    EXPECT_EQ(urls["push"]["obs"]["server"], "rtmp://push.example.com/stream");
    EXPECT_TRUE(urls["push"]["rtmp"].get<std::string>().starts_with("rtmp://push.example.com/"));
    EXPECT_TRUE(urls["push"]["rtmps"].get<std::string>().starts_with("rtmps://push.example.com:"));
    EXPECT_EQ(urls["play"]["rtmp"], "rtmp://tv.example.com/stream/demo");
    EXPECT_EQ(urls["play"]["flv"], "http://tv.example.com/demo/live.flv");
}

TEST(ChannelUrls, ARequestByHttpsGetsHttpsAndWss)
{
    auto where = address();
    where.https = true;
    where.https_port = 8443;
    const auto urls = channel_urls(stored(), where, true);
    EXPECT_EQ(urls["play"]["flv"], "https://tv.example.com:8443/demo/live.flv");
    EXPECT_EQ(urls["play"]["ws_flv"], "wss://tv.example.com:8443/demo/live.flv");
}

TEST(ChannelUrls, AnIpv6HostGetsItsBrackets)
{
    auto where = address();
    where.host = "2001:db8::1";
    EXPECT_EQ(channel_urls(stored(), where, true)["play"]["flv"],
              "http://[2001:db8::1]/demo/live.flv");
}

TEST(ChannelUrls, ThePushUrlCarriesASignatureThatVerifies)
{
    const auto urls = channel_urls(stored(), address(), true);
    const auto key = urls["push"]["obs"]["stream_key"].get<std::string>();
    ASSERT_TRUE(key.starts_with("demo?sign=4102444800-"));
    EXPECT_EQ(urls["push"]["rtmp"], "rtmp://tv.example.com/stream/" + key);
    const auto sign = auth::parse_sign(key.substr(key.find('=') + 1));
    ASSERT_TRUE(sign);
    EXPECT_FALSE(auth::verify_push("demo", *sign, "secret", 1'700'000'000));
}

TEST(ChannelUrls, TheSignatureEndsWithTheChannel)
{
    const auto urls =
        channel_urls(stored({{"expires_at", "2030-01-01T00:00:00Z"}}), address(), true);
    EXPECT_NE(urls["push"]["rtmp"].get<std::string>().find("sign=1893456000-"), std::string::npos);
}

TEST(ChannelUrls, AnOpenChannelNeedsNoSignature)
{
    const auto urls = channel_urls(stored({{"ingest", {{"auth", "open"}}}}), address(), true);
    EXPECT_EQ(urls["push"]["obs"]["stream_key"], "demo");
}

TEST(ChannelUrls, SignedPlaybackSignsEveryPlayUrlWithThePlaybackKey)
{
    const auto urls = channel_urls(stored({{"playback", {{"auth", "signed"}, {"key", "viewers"}}}}),
                                   address(), true);
    for (const auto& url : {urls["play"]["flv"], urls["play"]["rtmp"], urls["play"]["dash"],
                            urls["play"]["pages"]["flv"]}) {
        const auto text = url.get<std::string>();
        const auto sign = auth::parse_sign(text.substr(text.find("?sign=") + 6));
        ASSERT_TRUE(sign) << text;
        EXPECT_FALSE(auth::verify_play("demo", *sign, "viewers", 1'700'000'000));
    }
}

TEST(ChannelUrls, SignaturesCanBeBoundedButNotBeyondTheChannelsEnd)
{
    const auto expiry_in = [](const json& urls) {
        const auto key = urls["push"]["obs"]["stream_key"].get<std::string>();
        return auth::parse_sign(key.substr(key.find("?sign=") + 6))->expires_s;
    };
    EXPECT_EQ(expiry_in(channel_urls(stored(), address(), true, 1'700'000'060)), 1'700'000'060);
    const auto ends = stored({{"expires_at", "2022-12-09T00:00:00Z"}});
    EXPECT_EQ(expiry_in(channel_urls(ends, address(), true, 1'700'000'060)), 1670544000);
}

TEST(ChannelUrls, OutputsThatAreOffHaveNoUrl)
{
    const auto urls = channel_urls(stored({{"outputs", {{"flv", false}}}}), address(), true);
    EXPECT_TRUE(urls["play"]["flv"].is_null());
    EXPECT_TRUE(urls["play"]["pages"]["flv"].is_null());
    EXPECT_FALSE(urls["play"]["rtmp"].is_null());
}

TEST(ChannelUrls, WhoMayOnlyWatchGetsNoPushUrls)
{
    EXPECT_FALSE(channel_urls(stored(), address(), false).contains("push"));
}

TEST(HostOf, TakesThePortAndTheBracketsOff)
{
    EXPECT_EQ(host_of("tv.example.com:8080"), "tv.example.com");
    EXPECT_EQ(host_of("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(host_of("[2001:db8::1]:8080"), "2001:db8::1");
}

TEST(HostOf, WhatIsNoHostIsEmpty)
{
    for (const auto* header : {"", "[::1", "[x]", "a\"b", "a b", "<script>", "a/b@c"}) {
        EXPECT_EQ(host_of(header), "") << header;
    }
}

TEST(ChannelRecord, CarriesWhatNginxNeeds)
{
    const auto record = to_record(stored({{"expires_at", "2030-01-01T00:00:00Z"},
                                          {"enabled", false},
                                          {"ingest",
                                           {{"on_duplicate", "replace"},
                                            {"allow_ips", {"192.0.2.0/24"}},
                                            {"reconnect_window_s", 7}}},
                                          {"outputs", {{"hls", false}}}}));
    EXPECT_EQ(record.id, "demo");
    EXPECT_EQ(record.version, 1U);
    EXPECT_FALSE(record.enabled);
    EXPECT_EQ(record.expires_at_s, 1893456000);
    EXPECT_EQ(record.ingest.on_duplicate, channel::OnDuplicate::replace);
    EXPECT_EQ(record.ingest.reconnect_window_ms, 7000U);
    EXPECT_TRUE(auth::contains(record.ingest.allow_ips, *auth::parse_address("192.0.2.9")));
    EXPECT_FALSE(record.outputs.hls);
    EXPECT_EQ(record.playback.key, "secret");
}

TEST(ChannelRecord, AnExpiryBefore1970IsNotTakenForNone)
{
    EXPECT_GT(to_record(stored({{"expires_at", "1969-12-31T00:00:00Z"}})).expires_at_s, 0);
    EXPECT_EQ(to_record(stored()).expires_at_s, 0);
}

TEST(ChannelRecord, AnAddressThatCanNotBeReadLetsNobodyIn)
{
    const auto record = to_record(stored({{"ingest", {{"allow_ips", {"garbage"}}}}}));
    ASSERT_FALSE(record.ingest.allow_ips.empty());
    for (const auto* address : {"192.0.2.1", "2001:db8::1", "127.0.0.1"}) {
        EXPECT_FALSE(auth::contains(record.ingest.allow_ips, *auth::parse_address(address)));
    }
}

}  // namespace
}  // namespace sluice::control
