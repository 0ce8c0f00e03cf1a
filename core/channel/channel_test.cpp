#include "channel.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "channel_generated.h"

namespace sluice::channel {
namespace {

/// Every field differs from its default.
Channel full()
{
    return {.id = "demo",
            .version = 0x1122334455667788,
            .enabled = false,
            .expires_at_s = 4102444800,
            .ingest = {.auth = Auth::open,
                       .key = "push-key",
                       .on_duplicate = OnDuplicate::replace,
                       .allow_ips = {*auth::parse_cidr("10.0.0.0/8"),
                                     *auth::parse_cidr("2001:db8::/32")},
                       .reconnect_window_ms = 0,
                       .authorise = Authorise{.timeout_ms = 700, .allow_on_failure = true}},
            .outputs = {.flv = false, .hls = false, .cmaf = false, .rtmp = false},
            .packaging = {.segment_ms = 4000, .part_ms = 333, .list_size = 9, .dvr_window_s = 7200},
            .playback = {.auth = Auth::signature,
                         .key = "play-key",
                         .allow_referers = {"example.com", "*.example.net"},
                         .allow_origins = {"https://example.com"},
                         .allow_ips = {*auth::parse_cidr("192.0.2.1")},
                         .max_viewers = 1000,
                         .authorise = Authorise{.timeout_ms = 800}}};
}

TEST(Channel, EveryFieldSurvivesTheRecord)
{
    const auto back = decode(encode(full()));
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, full());
}

std::vector<Hook> full_hooks()
{
    return {{.name = "transcode",
             .feed = Feed::programme,
             .frames = Frames::key,
             .argv = {"/usr/bin/ffmpeg", "-i", "pipe:0"},
             .outputs = {{.name = "ld", .argv = {"pipe:3"}, .width = 640, .height = 360}, {}},
             .progress = true,
             .events = true,
             .folder = "/tmp/x",
             .cpu_units = 1024,
             .memory_mb = 2048,
             .secrets = {"s3cret"},
             .copies = true,
             .show_input = true},
            {.name = "pull", .feed = Feed::none, .argv = {"/bin/cat"}}};
}

TEST(Channel, HooksSurviveTheRecordAndLeaveTheChannelAlone)
{
    const auto bytes = encode(full(), full_hooks());
    const auto back = decode_hooks(bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, full_hooks());
    EXPECT_EQ(decode(bytes), full());
    EXPECT_TRUE(decode_hooks(encode(full()))->empty());
}

TEST(Channel, AHookWithoutAProgramIsMalformed)
{
    const std::vector<Hook> hooks{{.name = "empty"}};
    EXPECT_EQ(decode_hooks(encode(full(), hooks)).error().code, Errc::malformed);
}

TEST(Channel, DefaultsSurviveTheRecord)
{
    const Channel plain{.id = "x"};
    const auto back = decode(encode(plain));
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, plain);
}

TEST(Channel, ARecordMayLieAtAnyAddress)
{
    const auto bytes = encode(full());
    for (std::size_t shift = 0; shift < 8; ++shift) {
        std::vector<std::uint8_t> moved(shift, 0xee);
        moved.insert(moved.end(), bytes.begin(), bytes.end());
        const auto back = decode(std::span(moved).subspan(shift));
        ASSERT_TRUE(back) << shift;
        EXPECT_EQ(*back, full()) << shift;
    }
}

TEST(Channel, EveryPrefixOfARecordIsMalformed)
{
    const auto bytes = encode(full());
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        const auto back = decode(std::span(bytes).first(n));
        // What is cut off at the end may be padding; then nothing is lost.
        if (back) {
            EXPECT_EQ(*back, full()) << n;
            continue;
        }
        EXPECT_EQ(back.error().code, Errc::malformed) << n;
    }
    EXPECT_FALSE(decode(std::span(bytes).first(bytes.size() / 2)));
}

TEST(Channel, ARecordWithOneFlippedBitIsReadOrRefusedButNeverOutOfBounds)
{
    const auto bytes = encode(full());
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        auto damaged = bytes;
        damaged[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        const auto back = decode(damaged);
        refused += back ? 0 : 1;
        if (back) {
            EXPECT_LE(back->ingest.auth, Auth::signature);
        }
    }
    EXPECT_GT(refused, bytes.size());
}

std::vector<std::uint8_t> record_with(fb::Auth auth, fb::OnDuplicate on_duplicate,
                                      std::uint8_t prefix)
{
    flatbuffers::FlatBufferBuilder b;
    const auto id = b.CreateString("x");
    const std::array<std::uint8_t, 16> zero{};
    const fb::Cidr range(flatbuffers::span<const std::uint8_t, 16>(zero), prefix);
    const auto ips = b.CreateVectorOfStructs(&range, 1);
    const auto ingest = fb::CreateIngest(b, auth, 0, on_duplicate, ips);
    const auto outputs = fb::CreateOutputs(b);
    const auto packaging = fb::CreatePackaging(b);
    const auto playback = fb::CreatePlayback(b);
    fb::FinishChannelBuffer(
        b, fb::CreateChannel(b, id, 1, true, 0, ingest, outputs, packaging, playback));
    return {b.GetBufferPointer(), b.GetBufferPointer() + b.GetSize()};
}

TEST(Channel, ARuleFromALaterVersionIsRefusedInsteadOfReadAsAnother)
{
    using fb::Auth;
    using fb::OnDuplicate;
    EXPECT_TRUE(decode(record_with(Auth::signature, OnDuplicate::replace, 128)));
    EXPECT_FALSE(decode(record_with(static_cast<Auth>(2), OnDuplicate::reject, 0)));
    EXPECT_FALSE(decode(record_with(Auth::open, static_cast<OnDuplicate>(2), 0)));
    EXPECT_FALSE(decode(record_with(Auth::open, OnDuplicate::reject, 129)));
}

TEST(Channel, NothingAndNoiseAreMalformed)
{
    EXPECT_FALSE(decode({}));
    for (std::size_t n = 1; n < 300; ++n) {
        EXPECT_FALSE(decode(std::vector<std::uint8_t>(n, static_cast<std::uint8_t>(n)))) << n;
    }
}

}  // namespace
}  // namespace sluice::channel
