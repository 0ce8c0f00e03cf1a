#include "flv_walker.hpp"

#include <gtest/gtest.h>

#include "synthetic_stream.hpp"

namespace sluice::bench {
namespace {

struct Seen {
    MediaType type;
    std::uint32_t timestamp_ms;
    std::size_t bytes;
    std::optional<std::uint32_t> sequence;
    bool operator==(const Seen&) const = default;
};

/// Two seconds of a synthetic stream as FLV, and what a viewer should see of it.
Bytes make_flv(std::vector<Seen>& expected)
{
    SyntheticStream stream({}, 0);
    Bytes flv;
    append_flv_header(flv);
    append_tag(flv, MediaType::script, 0, stream.metadata());
    expected.push_back({MediaType::script, 0, stream.metadata().size(), {}});
    append_tag(flv, MediaType::audio, 0, {});
    expected.push_back({MediaType::audio, 0, 0, {}});
    while (stream.due_us() < 2'000'000) {
        const auto message = stream.next(stream.due_us());
        append_tag(flv, message.type, message.timestamp_ms, message.body);
        expected.push_back({message.type, message.timestamp_ms, message.body.size(),
                            read_stamp(message.type, message.body)->sequence});
    }
    return flv;
}

class FlvWalkerInPieces : public testing::TestWithParam<std::size_t> {};

TEST_P(FlvWalkerInPieces, SeesEveryTagOnceAndWhole)
{
    std::vector<Seen> expected;
    const auto flv = make_flv(expected);
    std::vector<Seen> seen;
    FlvWalker walker;
    for (std::size_t at = 0; at < flv.size(); at += GetParam()) {
        const auto piece = View(flv).subspan(at, std::min(GetParam(), flv.size() - at));
        ASSERT_TRUE(walker.feed(piece, [&](const WalkedTag& tag) {
            const auto stamp = read_stamp(tag.type, tag.prefix);
            seen.push_back({tag.type, tag.timestamp_ms, tag.body_bytes,
                            stamp ? std::optional(stamp->sequence) : std::nullopt});
        }));
    }
    EXPECT_EQ(seen, expected);
}

INSTANTIATE_TEST_SUITE_P(Sizes, FlvWalkerInPieces, testing::Values(1, 7, 11, 26, 1000, 1 << 20));

TEST(FlvWalker, HandsATagOutOnlyWithItsLastByte)
{
    Bytes flv;
    append_flv_header(flv);
    append_tag(flv, MediaType::video, 40, SyntheticStream::video_config());
    int tags = 0;
    FlvWalker walker;
    const auto count = [&](const WalkedTag&) { ++tags; };
    ASSERT_TRUE(walker.feed(View(flv).first(flv.size() - 1), count));
    EXPECT_EQ(tags, 0);
    ASSERT_TRUE(walker.feed(View(flv).last(1), count));
    EXPECT_EQ(tags, 1);
}

TEST(FlvWalker, RefusesWhatIsNotFlv)
{
    const Bytes html(200, '<');
    FlvWalker walker;
    EXPECT_FALSE(walker.feed(html, [](const WalkedTag&) {}));
}

TEST(FlvWalker, RefusesATagWhoseTrailerDoesNotMatch)
{
    Bytes flv;
    append_flv_header(flv);
    append_tag(flv, MediaType::audio, 0, SyntheticStream::audio_config());
    flv.back() ^= 1;
    FlvWalker walker;
    EXPECT_FALSE(walker.feed(flv, [](const WalkedTag&) {}));
}

}  // namespace
}  // namespace sluice::bench
