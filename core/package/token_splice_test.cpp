#include "token_splice.hpp"

#include <gtest/gtest.h>

#include "core/dash/manifest.hpp"
#include "core/hls/media_playlist.hpp"
#include "core/hls/multivariant.hpp"

namespace sluice::package {
namespace {

constexpr std::string_view kToken = "sign=1-ab_C.d";

std::size_t count(std::string_view text, std::string_view what)
{
    std::size_t found = 0;
    for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) {
        ++found;
    }
    return found;
}

std::string without_token(std::string text)
{
    const auto with = "?" + std::string(kToken);
    for (auto at = text.find(with); at != std::string::npos; at = text.find(with)) {
        text.erase(at, with.size());
    }
    return text;
}

/// Every address once, and nothing else.
void expect_spliced(const std::string& playlist, std::size_t addresses)
{
    const auto spliced = splice_into_playlist(playlist, kToken);
    EXPECT_EQ(count(spliced, kToken), addresses) << spliced;
    EXPECT_EQ(without_token(spliced), playlist);
}

hls::MediaPlaylist low_latency()
{
    hls::MediaPlaylist playlist{.target_duration_s = 2,
                                .part_target_us = 200'000,
                                .sequence = 9,
                                .segments = {{.uri = "5/9.m4s",
                                              .duration_us = 2'000'000,
                                              .map = "5/init.mp4",
                                              .map_bytes = 700,
                                              .parts = {{"5/9.0.m4s", 200'000, true}}},
                                             {.uri = "6/10.m4s",
                                              .duration_us = 2'000'000,
                                              .discontinuity = true,
                                              .gap = true,
                                              .map = "6/init.mp4"}}};
    playlist.open.map = "6/init.mp4";
    playlist.open.parts = {{"6/11.0.m4s", 200'000}, {"6/11.1.m4s", 200'000}};
    playlist.preload_hint = "6/11.2.m4s";
    playlist.reports = {{"../a/index.m3u8", 11, 1}};
    return playlist;
}

TEST(TokenSpliceTest, EveryAddressOfAPlaylistGetsIt)
{
    const auto playlist = low_latency();
    expect_spliced(hls::render(playlist), 2 + 2 + 3 + 1 + 1);
    const auto text = splice_into_playlist(hls::render(playlist), kToken);
    for (const auto* line :
         {"#EXT-X-MAP:URI=\"5/init.mp4?sign=1-ab_C.d\",BYTERANGE=\"700@0\"\n",
          "\n5/9.m4s?sign=1-ab_C.d\n", "URI=\"5/9.0.m4s?sign=1-ab_C.d\",INDEPENDENT=YES\n",
          "TYPE=PART,URI=\"6/11.2.m4s?sign=1-ab_C.d\"\n",
          "URI=\"../a/index.m3u8?sign=1-ab_C.d\",LAST-MSN=11,LAST-PART=1\n"}) {
        EXPECT_EQ(count(text, line), 1U) << line << text;
    }
}

TEST(TokenSpliceTest, ADeltaUpdateToo)
{
    auto playlist = low_latency();
    for (int i = 0; i < 20; ++i) playlist.segments.push_back(playlist.segments.back());
    const auto delta = hls::render_delta(playlist);
    ASSERT_NE(delta.find("EXT-X-SKIP"), std::string::npos);
    const auto spliced = splice_into_playlist(delta, kToken);
    EXPECT_EQ(without_token(spliced), delta);
    EXPECT_EQ(count(spliced, kToken), count(delta, ".m4s") + count(delta, "init.mp4") + 1);
}

TEST(TokenSpliceTest, PlaylistsOfTransportStreamsAndThoseThatEnded)
{
    const hls::MediaPlaylist playlist{
        .target_duration_s = 2,
        .segments = {{.uri = "s/v/5/9.ts"}, {.uri = "s/v/5/10.ts", .gap = true}},
        .ended = true};
    expect_spliced(hls::render(playlist), 2);
}

TEST(TokenSpliceTest, MultivariantPlaylists)
{
    expect_spliced(
        hls::render(
            {.audio = {{.group = "audio", .name = "Audio", .uri = "s/a/index.m3u8", .channels = 2}},
             .variants = {{.uri = "s/v/index.m3u8", .audio = "audio"}, {.uri = "low/live.m3u8"}}}),
        3);
}

TEST(TokenSpliceTest, ManifestsHaveItInTheirTemplates)
{
    dash::Period period{.id = "5"};
    period.representations = {{.id = "v",
                               .video = true,
                               .codecs = "avc1.4d401f",
                               .initialization = "s/v/5/init.mp4",
                               .media = "s/v/5/$Number$.m4s",
                               .timeline = {{.duration = 2}}},
                              {.id = "a",
                               .codecs = "mp4a.40.2",
                               .initialization = "s/a/5/init.mp4",
                               .media = "s/a/5/$Number$.m4s",
                               .timeline = {{.duration = 2}}}};
    const auto text = dash::render({.clock_ms = 1, .periods = {period, period}});
    const auto spliced = splice_into_manifest(text, kToken);
    EXPECT_EQ(without_token(spliced), text);
    EXPECT_EQ(count(spliced, "init.mp4?sign=1-ab_C.d\""), 4U);
    EXPECT_EQ(count(spliced, "$Number$.m4s?sign=1-ab_C.d\""), 4U);
    EXPECT_EQ(count(spliced, kToken), 8U);
}

TEST(TokenSpliceTest, TextsWithoutAddressesStayAsTheyAre)
{
    for (const auto* text : {"", "\n", "#EXTM3U\n", "#EXTM3U\n\n", "#EXT-X-MAP:URI=\"broken\n"}) {
        EXPECT_EQ(splice_into_playlist(text, kToken), text);
        EXPECT_EQ(splice_into_manifest(text, kToken), text);
    }
    EXPECT_EQ(splice_into_playlist("a.ts", kToken), "a.ts?sign=1-ab_C.d") << "no line ends it";
}

}  // namespace
}  // namespace sluice::package
