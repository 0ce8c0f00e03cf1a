#include "assets.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "../store/schema.hpp"
#include "channel_import.hpp"
#include "channels.hpp"
#include "core/channel/temporary_folder.hpp"
#include "image_file.hpp"
#include "temporary_store.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
using namespace std::string_literals;

const Caller kBy{.id = "test", .scope = Scope::operator_};

struct AssetsTest : testing::Test {
    TemporaryStore store;
    Journal journal = *Journal::open(*store);
    channel::TemporaryFolder disk;
    ImageFolder folder{disk.path() / "assets", [](const auto&, auto) { return Result<void>(); }};
    Assets assets{*store, folder};
    Channels channels{*store, journal, [] { return true; }};

    /// A PNG as far as anybody looks here.
    static std::string png(std::size_t bytes = 100)
    {
        auto image = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x40\0\0\0\x30"s;
        image.resize(bytes, 'x');
        return image;
    }

    std::string uploaded(std::size_t bytes = 100)
    {
        const auto image = png(bytes);
        const auto done = assets.create(kBy, {"logo", "image/png", image});
        EXPECT_TRUE(done) << done.error().detail;
        return done ? done->at("id").get<std::string>() : std::string();
    }

    static json naming(const std::string& asset)
    {
        return {{"watermark", {{"image", {{"asset", asset}}}}}};
    }
};

TEST_F(AssetsTest, KeepsWhatWasUploadedAndAFileOfIt)
{
    const auto image = png(1 << 20);
    const auto id = uploaded(1 << 20);
    EXPECT_EQ(assets.content(id)->bytes, image);
    EXPECT_EQ(assets.content(id)->media_type, "image/png");
    EXPECT_EQ(disk.read("assets/" + id + ".png"), image);
    EXPECT_EQ(assets.list(10, "")->at("items").at(0), *assets.get(id));
    ASSERT_TRUE(assets.remove(kBy, id));
    EXPECT_EQ(assets.get(id).error().code, Errc::not_found);
    EXPECT_FALSE(image_file(folder.path(), id));
    EXPECT_TRUE(store->list(store::schema::kAssetBytes, "", 10)->items.empty());
}

TEST_F(AssetsTest, RefusesWhatItIsNotSaidToBe)
{
    const auto image = png();
    const auto refused = [&](const char* type, const std::string& bytes) {
        return assets.create(kBy, {"", type, bytes}).error().code;
    };
    EXPECT_EQ(refused("image/jpeg", image), Errc::unsupported_media);
    EXPECT_EQ(refused("image/svg+xml", "<svg/>"), Errc::unsupported_media);
    EXPECT_EQ(refused("image/png", "<svg/>"), Errc::unsupported_media);
    EXPECT_EQ(refused("image/png", png(ImageFolder::kMaxBytes + 1)), Errc::too_large);
    auto huge = image;
    huge[16] = 1;
    EXPECT_EQ(refused("image/png", huge), Errc::invalid);
    EXPECT_TRUE(folder.names().empty());
}

TEST_F(AssetsTest, HaveRoomForSoManyBytesTogether)
{
    for (int i = 0; i < 16; ++i) uploaded(ImageFolder::kMaxBytes);
    const auto image = png();
    EXPECT_EQ(assets.create(kBy, {"", "image/png", image}).error().code, Errc::conflict);
}

TEST_F(AssetsTest, AChannelNamesOnlyWhatIsThere)
{
    const auto wrong = channels.create(kBy, naming("0123456789abcdef"));
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, Errc::invalid);
    EXPECT_EQ(wrong.error().fields.at(0).field, "watermark.image.asset");
    for (const auto* path : {"../../admin-token", "/etc/passwd", "..", ".", "a/b"}) {
        EXPECT_EQ(channels.create(kBy, naming(path)).error().code, Errc::invalid) << path;
        EXPECT_EQ(assets.get(path).error().code, Errc::not_found) << path;
        EXPECT_FALSE(image_file(folder.path(), path)) << path;
    }
    auto body = naming(uploaded());
    body["id"] = "demo";
    EXPECT_TRUE(channels.create(kBy, body));
    EXPECT_EQ(channels.patch(kBy, "demo", naming("absent")).error().fields.at(0).field,
              "watermark.image.asset");
    const json import{{"version", 1}, {"channels", {naming("absent")}}};
    auto document = import;
    document["channels"][0]["id"] = "other";
    const auto refused = import_channels(channels, *store, kBy, document, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fields.at(0).field, "channels[0].watermark.image.asset");
}

TEST_F(AssetsTest, StaysWhileChannelsNameIt)
{
    const auto id = uploaded();
    auto body = naming(id);
    body["id"] = "demo";
    ASSERT_TRUE(channels.create(kBy, body));
    const auto refused = assets.remove(kBy, id);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);
    EXPECT_EQ(refused.error().fields, (std::vector<FieldError>{{"channels", "demo"}}));
    ASSERT_TRUE(channels.remove(kBy, "demo"));
    EXPECT_TRUE(assets.remove(kBy, id));
}

TEST_F(AssetsTest, TheFolderFollowsTheStore)
{
    const auto id = uploaded();
    folder.remove(id);
    disk.write("assets/feedfeedfeedfeed.png", "of no asset");
    disk.write("assets/url-feed.png", "not ours");
    ASSERT_TRUE(assets.write_out());
    EXPECT_EQ(disk.read("assets/" + id + ".png"), png());
    EXPECT_FALSE(image_file(folder.path(), "feedfeedfeedfeed"));
    EXPECT_TRUE(image_file(folder.path(), "url-feed"));
}

}  // namespace
}  // namespace sluice::control
