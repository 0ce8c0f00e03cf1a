#include "resource.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sluice::package {
namespace {

TEST(ResourceTest, ReadsEveryAddressOfTheContract)
{
    EXPECT_EQ(parse_resource("/demo/live.m3u8")->asked, Asked::transport_playlist);
    EXPECT_EQ(parse_resource("/demo/master.m3u8")->asked, Asked::multivariant);
    EXPECT_TRUE(parse_resource("/demo/master.m3u8")->low_latency);
    EXPECT_EQ(parse_resource("/demo/index.m3u8")->asked, Asked::multivariant);
    EXPECT_FALSE(parse_resource("/demo/index.m3u8")->low_latency);
    EXPECT_EQ(parse_resource("/demo/manifest.mpd")->asked, Asked::manifest);

    const auto playlist = parse_resource("/demo/s/a/index.m3u8");
    ASSERT_TRUE(playlist);
    EXPECT_EQ(playlist->asked, Asked::lane_playlist);
    EXPECT_EQ(playlist->lane, Lane::audio);

    const auto init = parse_resource("/demo/s/v/59000000/init.mp4");
    ASSERT_TRUE(init);
    EXPECT_EQ(init->asked, Asked::init);
    EXPECT_EQ(init->period, 59'000'000U);

    const auto part = parse_resource("/demo/s/v/59000000/59000012.3.m4s");
    ASSERT_TRUE(part);
    EXPECT_EQ(part->asked, Asked::part);
    EXPECT_EQ(part->channel, "demo");
    EXPECT_EQ(part->stream, "demo");
    EXPECT_EQ(part->sequence, 59'000'012U);
    EXPECT_EQ(part->part, 3U);

    const auto transport = parse_resource("/demo/s/v/1/2.ts");
    ASSERT_TRUE(transport);
    EXPECT_EQ(transport->asked, Asked::segment);
    EXPECT_EQ(transport->lane, Lane::transport);
}

TEST(ResourceTest, RenditionsAreStreamsOfTheirOwn)
{
    const auto live = parse_resource("/demo/sd/live.m3u8");
    ASSERT_TRUE(live);
    EXPECT_EQ(live->channel, "demo");
    EXPECT_EQ(live->stream, "demo/sd");
    EXPECT_EQ(parse_resource("/demo/sd/index.m3u8")->asked, Asked::multivariant);

    const auto part = parse_resource("/demo/s/my-own_one-v/59000000/59000012.3.m4s");
    ASSERT_TRUE(part);
    EXPECT_EQ(part->stream, "demo/my-own_one");
    EXPECT_EQ(part->lane, Lane::video);
    EXPECT_EQ(parse_resource("/demo/s/sd-a/index.m3u8")->lane, Lane::audio);
}

TEST(ResourceTest, RenditionsMayBeCalledByTheirHeights)
{
    for (const auto* path : {"/demo/480p/index.m3u8", "/demo/s/480p-v/index.m3u8"}) {
        const auto resource = parse_resource(path);
        ASSERT_TRUE(resource) << path;
        EXPECT_EQ(resource->stream, "demo/sd");
        EXPECT_EQ(resource->rendition, "sd");
    }
}

TEST(ResourceTest, TheArchiveHasPlaylistsAndFilesOfItsOwn)
{
    EXPECT_EQ(parse_resource("/demo/dvr/index.m3u8")->asked, Asked::dvr_multivariant);
    EXPECT_EQ(parse_resource("/demo/dvr/v.m3u8")->asked, Asked::dvr_playlist);
    EXPECT_EQ(parse_resource("/demo/dvr/a.m3u8")->lane, Lane::audio);
    const auto media = parse_resource("/demo/dvr/59-a-60.m4s");
    ASSERT_TRUE(media);
    EXPECT_EQ(media->asked, Asked::dvr_media);
    EXPECT_EQ(media->lane, Lane::audio);
    EXPECT_EQ(media->file, "59-a-60.m4s");
    EXPECT_EQ(parse_resource("/demo/dvr/59-v.mp4")->file, "59-v.mp4");
    for (const std::string path : {"/demo/dvr", "/demo/dvr/", "/demo/dvr/X.mp4", "/demo/dvr/a/b",
                                   "/demo/dvr/a b.mp4", "/demo/dvr/59-v-6/0.m4s"}) {
        EXPECT_FALSE(parse_resource(path)) << path;
    }
}

TEST(ResourceTest, RefusesWhatIsWrittenInAnotherWay)
{
    for (const std::string path : {"",
                                   "/",
                                   "/demo",
                                   "/demo/",
                                   "/demo/x.m3u8",
                                   "//live.m3u8",
                                   "/api/live.m3u8",
                                   "/de.mo/live.m3u8",
                                   "/demo/live.m3u8/",
                                   "/demo/../live.m3u8",
                                   "/demo/s/x/index.m3u8",
                                   "/demo/s/v/index.mpd",
                                   "/demo/s/-v/index.m3u8",
                                   "/demo/s/raw-v/index.m3u8",
                                   "/demo/s/480pv/index.m3u8",
                                   "/demo/s/v/1",
                                   "/demo/s/v/1/",
                                   "/demo/s/v/01/init.mp4",
                                   "/demo/s/v/1/init.mp4/x",
                                   "/demo/s/v/x/init.mp4",
                                   "/demo/s/v/1/.m4s",
                                   "/demo/s/v/1/2..m4s",
                                   "/demo/s/v/1/2.3.4.m4s",
                                   "/demo/s/v/1/02.m4s",
                                   "/demo/s/v/1/-2.m4s",
                                   "/demo/s/v/1/+2.m4s",
                                   "/demo/s/v/1/2.1.ts",
                                   "/demo/s/v/1/2.mp4",
                                   "/demo/s/v/1/99999999999999999999.m4s",
                                   "/demo/raw/live.m3u8",
                                   "/demo/vod/index.m3u8",
                                   "/demo/live/live.m3u8",
                                   "/demo/480p/master.m3u8",
                                   "/demo/480p/x/live.m3u8",
                                   "/demo/4 80p/live.m3u8",
                                   "/demo/UPPER/live.m3u8"}) {
        EXPECT_FALSE(parse_resource(path)) << path;
    }
}

}  // namespace
}  // namespace sluice::package
