#include "access.hpp"

#include <gtest/gtest.h>

namespace sluice::channel {
namespace {

using auth::Reason;

constexpr std::int64_t kNow = 1800000000;
constexpr std::int64_t kLater = kNow + 3600;

Channel channel()
{
    return {.id = "demo",
            .ingest = {.auth = Auth::signature, .key = "push-key"},
            .playback = {.auth = Auth::open, .key = "play-key"}};
}

std::string push_args(std::string_view key = "push-key", std::int64_t expires_s = kLater)
{
    return "sign=" + auth::sign_push("demo", expires_s, key);
}

std::string play_args(std::string_view key = "play-key", std::int64_t expires_s = kLater)
{
    return "sign=" + auth::sign_play("demo", expires_s, key);
}

std::optional<Reason> publish(const Channel& c, std::string_view args,
                              std::optional<std::string_view> address = "192.0.2.1")
{
    PublishRequest request{.id = "demo", .args = args};
    if (address) request.address = *auth::parse_address(*address);
    return may_publish(&c, request, kNow);
}

std::optional<Reason> play(const Channel& c, std::string_view args,
                           std::string_view address = "192.0.2.1")
{
    const PlayRequest request{.id = "demo", .args = args, .address = *auth::parse_address(address)};
    return may_play(&c, request, kNow);
}

TEST(MayPublish, ASignedPushIsLetIn)
{
    EXPECT_EQ(publish(channel(), push_args()), std::nullopt);
    const auto md5 = auth::sign_push("demo", kLater, "push-key", auth::SignatureKind::md5);
    EXPECT_EQ(publish(channel(), "a=b&sign=" + md5), std::nullopt);
}

TEST(MayPublish, EveryRefusalHasItsOwnReason)
{
    EXPECT_EQ(may_publish(nullptr, {.id = "demo"}, kNow), Reason::unknown_channel);
    EXPECT_EQ(may_publish(nullptr, {.id = "../demo"}, kNow), Reason::bad_name);
    EXPECT_EQ(publish(channel(), ""), Reason::signature_missing);
    EXPECT_EQ(publish(channel(), "sign=1-x"), Reason::signature_malformed);
    EXPECT_EQ(publish(channel(), push_args("other")), Reason::signature_wrong);
    EXPECT_EQ(publish(channel(), push_args("push-key", kNow)), Reason::signature_expired);
    EXPECT_EQ(publish(channel(), play_args("push-key")), Reason::signature_wrong);

    auto c = channel();
    c.expires_at_s = kNow;
    EXPECT_EQ(publish(c, push_args()), Reason::expired);
    c.expires_at_s = kNow + 1;
    EXPECT_EQ(publish(c, push_args()), std::nullopt);
    c.enabled = false;
    EXPECT_EQ(publish(c, push_args()), Reason::disabled);
}

TEST(MayPublish, AnOpenChannelNeedsNoSignatureButKeepsItsAddressList)
{
    auto c = channel();
    c.ingest.auth = Auth::open;
    c.ingest.allow_ips = {*auth::parse_cidr("10.0.0.0/8")};
    EXPECT_EQ(publish(c, "", "10.1.2.3"), std::nullopt);
    EXPECT_EQ(publish(c, "", "::ffff:10.1.2.3"), std::nullopt);
    EXPECT_EQ(publish(c, "", "11.1.2.3"), Reason::address_denied);
    EXPECT_EQ(publish(c, "", std::nullopt), Reason::address_denied);
}

TEST(MayPublish, ASignedChannelWithoutAKeyLetsNobodyIn)
{
    auto c = channel();
    c.ingest.key.clear();
    EXPECT_EQ(publish(c, push_args("")), Reason::signature_wrong);
}

TEST(MayPlay, AnOpenChannelIsLetOutAndASignedOneWithItsSignature)
{
    auto c = channel();
    EXPECT_EQ(play(c, ""), std::nullopt);
    c.playback.auth = Auth::signature;
    EXPECT_EQ(play(c, ""), Reason::signature_missing);
    EXPECT_EQ(play(c, "sign=x"), Reason::signature_malformed);
    EXPECT_EQ(play(c, play_args()), std::nullopt);
    EXPECT_EQ(play(c, play_args("push-key")), Reason::signature_wrong);
    EXPECT_EQ(play(c, push_args("play-key")), Reason::signature_wrong);
    EXPECT_EQ(play(c, play_args("play-key", kNow)), Reason::signature_expired);
}

TEST(MayPlay, TheChannelAndItsListsAreAskedBeforeTheSignature)
{
    EXPECT_EQ(may_play(nullptr, {.id = "demo"}, kNow), Reason::unknown_channel);
    EXPECT_EQ(may_play(nullptr, {.id = "api"}, kNow), Reason::bad_name);
    auto c = channel();
    c.playback.allow_ips = {*auth::parse_cidr("10.0.0.0/8")};
    EXPECT_EQ(play(c, ""), Reason::address_denied);
    EXPECT_EQ(play(c, "", "10.0.0.1"), std::nullopt);
    c.playback.allow_referers = {"example.com"};
    EXPECT_EQ(play(c, "", "10.0.0.1"), Reason::referer_denied);
    c.enabled = false;
    EXPECT_EQ(play(c, ""), Reason::disabled);
}

TEST(MayPlay, AnOutputThatIsOffIsRefusedAndOnlyThatOne)
{
    auto c = channel();
    c.outputs.hls = false;
    PlayRequest request{.id = "demo", .output = Output::hls};
    EXPECT_EQ(may_play(&c, request, kNow), Reason::output_disabled);
    for (const auto output : {Output::flv, Output::cmaf, Output::rtmp}) {
        request.output = output;
        EXPECT_EQ(may_play(&c, request, kNow), std::nullopt);
    }
}

TEST(MayPlay, AForeignPageIsRefusedByItsOrigin)
{
    auto c = channel();
    c.playback.allow_origins = {"https://example.com"};
    PlayRequest request{.id = "demo", .origin = "https://evil.example", .host = "live.example"};
    EXPECT_EQ(may_play(&c, request, kNow), Reason::origin_denied);
    request.origin = "https://example.com";
    EXPECT_EQ(may_play(&c, request, kNow), std::nullopt);
    request.origin = "http://live.example";
    EXPECT_EQ(may_play(&c, request, kNow), std::nullopt);
}

TEST(StillAllowed, ARunningPublisherEndsForTheDocumentedReasons)
{
    auto c = channel();
    const auto sign = auth::parse_sign(auth::sign_push("demo", kLater, "push-key")).value();
    EXPECT_EQ(publish_still_allowed(&c, sign, kNow), std::nullopt);
    EXPECT_EQ(publish_still_allowed(nullptr, sign, kNow), Reason::deleted);

    c.ingest.key = "new key";
    EXPECT_EQ(publish_still_allowed(&c, sign, kNow), Reason::key_rotated);
    c.expires_at_s = kNow;
    EXPECT_EQ(publish_still_allowed(&c, sign, kNow), Reason::expired);
    c.enabled = false;
    EXPECT_EQ(publish_still_allowed(&c, sign, kNow), Reason::disabled);
}

TEST(StillAllowed, TheSignaturesOwnExpiryGatesOnlyTheStart)
{
    auto c = channel();
    const auto push = auth::parse_sign(auth::sign_push("demo", kNow - 1, "push-key")).value();
    EXPECT_EQ(publish_still_allowed(&c, push, kNow), std::nullopt);
    c.playback.auth = Auth::signature;
    const auto view = auth::parse_sign(auth::sign_play("demo", kNow - 1, "play-key")).value();
    EXPECT_EQ(play_still_allowed(&c, Output::flv, view, kNow), std::nullopt);
}

TEST(StillAllowed, ASessionThatNeverSignedEndsWhenTheChannelAsksForIt)
{
    auto c = channel();
    EXPECT_EQ(publish_still_allowed(&c, std::nullopt, kNow), Reason::key_rotated);
    c.ingest.auth = Auth::open;
    EXPECT_EQ(publish_still_allowed(&c, std::nullopt, kNow), std::nullopt);
    EXPECT_EQ(play_still_allowed(&c, Output::flv, std::nullopt, kNow), std::nullopt);
    c.playback.auth = Auth::signature;
    EXPECT_EQ(play_still_allowed(&c, Output::flv, std::nullopt, kNow), Reason::key_rotated);
}

TEST(StillAllowed, ARunningViewerEndsWithItsOutputAndGoesOnAfterAPushKeyChange)
{
    auto c = channel();
    c.playback.auth = Auth::signature;
    const auto view = auth::parse_sign(auth::sign_play("demo", kLater, "play-key")).value();
    c.ingest.key = "new key";
    EXPECT_EQ(play_still_allowed(&c, Output::flv, view, kNow), std::nullopt);
    EXPECT_EQ(play_still_allowed(nullptr, Output::flv, view, kNow), Reason::deleted);
    c.outputs.flv = false;
    EXPECT_EQ(play_still_allowed(&c, Output::flv, view, kNow), Reason::output_disabled);
    EXPECT_EQ(play_still_allowed(&c, Output::rtmp, view, kNow), std::nullopt);
    c.playback.key = "new key";
    EXPECT_EQ(play_still_allowed(&c, Output::rtmp, view, kNow), Reason::key_rotated);
}

TEST(Referer, HostsAreMatchedWholeWithoutPortUserAndCase)
{
    const std::vector<std::string> list{"example.com", "*.example.net", "[2001:db8::1]"};
    for (const auto* good :
         {"http://example.com/", "https://example.com", "https://EXAMPLE.com:8443/a?b#c",
          "https://user@example.com/", "https://a.example.net/x", "https://a.b.example.net",
          "http://[2001:db8::1]:80/"}) {
        EXPECT_TRUE(referer_allowed(list, good)) << good;
    }
    for (const auto* bad :
         {"", "-", "example.com", "https://", "https://example.com.evil/",
          "https://evilexample.com", "https://example.com@evil.test/",
          "https://evil.test/?https://example.com", "https://evil.test\\@example.com",
          "https://example.net/", "https://xexample.net", "https://evil.test/.example.net",
          "http://[2001:db8::2]/"}) {
        EXPECT_FALSE(referer_allowed(list, bad)) << bad;
    }
}

TEST(Referer, PlayersThatSendNonePassOnlyWhenTheListSaysSo)
{
    EXPECT_FALSE(referer_allowed(std::vector<std::string>{"example.com"}, ""));
    EXPECT_TRUE(referer_allowed(std::vector<std::string>{"example.com", "none"}, ""));
    EXPECT_TRUE(referer_allowed({}, ""));
    EXPECT_TRUE(referer_allowed({}, "https://anything/"));
}

TEST(Origin, SchemeHostAndPortAllHaveToAgree)
{
    const std::vector<std::string> list{"https://example.com", "http://*.example.net:8080"};
    EXPECT_TRUE(origin_allowed(list, "https://example.com", ""));
    EXPECT_TRUE(origin_allowed(list, "HTTPS://Example.com", ""));
    EXPECT_TRUE(origin_allowed(list, "http://a.example.net:8080", ""));
    for (const auto* bad :
         {"http://example.com", "https://example.com:444", "https://example.com.evil", "null",
          "http://example.net:8080", "http://a.example.net", "https://x.example.com"}) {
        EXPECT_FALSE(origin_allowed(list, bad, "live.test")) << bad;
    }
}

TEST(Origin, RequestsWithoutOneAndFromTheServersOwnPagesPass)
{
    const std::vector<std::string> list{"https://example.com"};
    EXPECT_TRUE(origin_allowed(list, "", "live.test"));
    EXPECT_TRUE(origin_allowed(list, "http://live.test:8080", "live.test:8080"));
    EXPECT_FALSE(origin_allowed(list, "http://live.test:8081", "live.test:8080"));
    EXPECT_FALSE(origin_allowed(list, "null", ""));
    EXPECT_TRUE(origin_allowed(std::vector<std::string>{"*"}, "null", ""));
}

}  // namespace
}  // namespace sluice::channel
