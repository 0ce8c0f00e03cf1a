#include "stream_name.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sluice::channel {
namespace {

TEST(StreamName, OfAChannelAndOfARendition)
{
    EXPECT_EQ(StreamName("demo"), "demo");
    EXPECT_EQ(StreamName("demo", "ld"), "demo/ld");
    EXPECT_EQ(channel_of("demo/ld"), "demo");
    EXPECT_EQ(rendition_of("demo/ld"), "ld");
    EXPECT_EQ(rendition_of("demo"), "");
    const std::string longest(64, 'a');
    EXPECT_EQ(StreamName(longest, std::string(32, 'b')), longest + '/' + std::string(32, 'b'));
}

TEST(StreamName, OfARenditionThatIsCalledByItsHeight)
{
    const std::pair<const char*, const char*> names[] = {
        {"360p", "ld"}, {"480p", "sd"}, {"720p", "hd"}, {"1080p", "ud"}, {"240p", "240p"}};
    for (const auto& [height, name] : names) {
        EXPECT_EQ(rendition_called(height), name);
        EXPECT_EQ(StreamName("demo", height), std::string("demo/") + name);
        EXPECT_EQ(*stream_called(std::string("demo/") + height), std::string("demo/") + name);
    }
    EXPECT_EQ(*stream_at("/demo/720p/live.flv", "live.flv"), "demo/hd");
    EXPECT_EQ(*stream_called("360p"), "360p") << "a channel";
}

TEST(StreamName, IsFoundInThePathOfAFile)
{
    EXPECT_EQ(*stream_at("/demo/live.flv", "live.flv"), "demo");
    EXPECT_EQ(*stream_at("/demo/ld/live.flv", "live.flv"), "demo/ld");
    for (const std::string path :
         {"", "/", "live.flv", "/live.flv", "//live.flv", "/demolive.flv", "/demo/raw/live.flv",
          "/demo/ld/x/live.flv", "/demo//live.flv", "/api/live.flv", "/demo/LD/live.flv",
          "/demo/live.flv/", "/demo/live.mp4"}) {
        EXPECT_FALSE(stream_at(path, "live.flv")) << path;
    }
}

TEST(StreamName, RenditionsMayNotBeCalledWhatMeansSomethingElse)
{
    for (const auto* name : {"ld", "1080p", "my-own_one"}) EXPECT_TRUE(is_rendition_name(name));
    for (const auto* name : {"raw", "vod", "dvr", "s", "live", "master", "index", "manifest",
                             "snapshot", "", "LD", "a b", "a/b", ".", "ü"}) {
        EXPECT_FALSE(is_rendition_name(name)) << name;
    }
    EXPECT_FALSE(is_rendition_name(std::string(33, 'a')));
}

}  // namespace
}  // namespace sluice::channel
