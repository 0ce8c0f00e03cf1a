#include "fetched_images.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>

#include "channels.hpp"
#include "core/channel/temporary_folder.hpp"
#include "image_file.hpp"
#include "temporary_store.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using namespace std::string_literals;

const Caller kBy{.id = "test", .scope = Scope::operator_};
const std::string kUrl = "http://user:secret@example.com/logo.png?key=secret";

struct FetchedImagesTest : testing::Test {
    TemporaryStore store;
    Journal journal = *Journal::open(*store);
    channel::TemporaryFolder disk;
    ImageFolder folder{disk.path() / "assets", [](const auto&, auto) { return Result<void>(); }};
    Channels channels{*store, journal, [] { return true; }};

    std::mutex mutex;
    std::condition_variable happened;
    std::vector<std::string> asked;      ///< etags
    std::vector<std::string> announced;  ///< channels
    Result<FetchedImage> answer = FetchedImage{true, png(), {"\"1\"", ""}};
    std::atomic<bool> allowed = false;
    std::unique_ptr<FetchedImages> images = made();

    static std::string png() { return "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x40\0\0\0\x30"s; }

    std::unique_ptr<FetchedImages> made(std::int64_t again_s = 3600)
    {
        return std::make_unique<FetchedImages>(
            *store, journal, folder,
            FetchedImages::Needs{.fetch =
                                     [this](const auto&, const auto& known, bool, const auto&) {
                                         const std::lock_guard lock(mutex);
                                         asked.push_back(known.etag);
                                         happened.notify_all();
                                         return answer;
                                     },
                                 .allow_private = [this] { return allowed.load(); },
                                 .changed =
                                     [this](const auto& names) {
                                         const std::lock_guard lock(mutex);
                                         announced.insert(announced.end(), names.begin(),
                                                          names.end());
                                         happened.notify_all();
                                     },
                                 .again_s = again_s});
    }

    void wait_until(const std::function<bool()>& done)
    {
        std::unique_lock lock(mutex);
        while (!happened.wait_for(lock, 20ms, done)) {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline);
        }
    }

    static json naming(const json& url)
    {
        return {{"watermark", {{"image", {{"enabled", true}, {"url", url}}}}}};
    }

    void create(const std::string& id)
    {
        auto body = naming(kUrl);
        body["id"] = id;
        ASSERT_TRUE(channels.create(kBy, body));
    }

    json state(const std::string& id)
    {
        return images->state(channels.get(id)->at("watermark").at("image"));
    }

    bool file_is_there() { return image_file(folder.path(), fetched_image_name(kUrl)).has_value(); }

    const std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::now() + 20s;
};

TEST_F(FetchedImagesTest, AnnouncesEveryChannelThatNamesAnImageOnceItIsThere)
{
    create("one");
    EXPECT_EQ(state("one").at("state"), "fetching");
    images->start();
    wait_until([&] { return announced == std::vector<std::string>{"one"}; });
    EXPECT_EQ(state("one"), json({{"state", "ready"}, {"reason", nullptr}}));
    create("two");
    wait_until([&] { return announced.size() == 2 && announced.back() == "two"; });
    EXPECT_EQ(asked.size(), 1U);
    EXPECT_TRUE(file_is_there());
}

TEST_F(FetchedImagesTest, RemovesWhatNoChannelNamesAnyMore)
{
    create("one");
    images->start();
    wait_until([&] { return announced.size() == 1; });
    ASSERT_TRUE(channels.patch(kBy, "one", naming("http://example.com/other.png")));
    wait_until([&] { return announced.size() == 2 && !file_is_there(); });
    EXPECT_TRUE(image_file(folder.path(), fetched_image_name("http://example.com/other.png")));
    ASSERT_TRUE(channels.remove(kBy, "one"));
    wait_until([&] { return folder.names().empty(); });
}

TEST_F(FetchedImagesTest, KeepsItOverARestart)
{
    create("one");
    images->start();
    wait_until([&] { return announced.size() == 1; });
    disk.write("assets/url-feed.png", "of nobody");
    images = made();
    images->start();
    wait_until([&] { return announced.size() == 2; });
    wait_until([&] { return !image_file(folder.path(), "url-feed"); });
    EXPECT_EQ(asked.size(), 1U);
    EXPECT_EQ(state("one").at("state"), "ready");
}

TEST_F(FetchedImagesTest, AsksAgainForAnotherOneAndKeepsWhatItHas)
{
    create("one");
    images = made(0);
    images->start();
    wait_until([&] { return announced.size() == 1; });
    {
        const std::lock_guard lock(mutex);
        answer = FetchedImage{false, "", {"\"1\"", ""}};
    }
    const auto before = asked.size();
    wait_until([&] { return asked.size() > before + 1; });
    {
        const std::lock_guard lock(mutex);
        EXPECT_EQ(asked.back(), "\"1\"");
        answer = fail(Errc::unavailable, "no");
    }
    wait_until([&] { return state("one").at("reason") == "no"; });
    images->stop();
    EXPECT_EQ(state("one").at("state"), "ready");
    EXPECT_TRUE(file_is_there());
}

TEST_F(FetchedImagesTest, TellsAReasonOnceAndTriesAgainWhenTheSettingChanges)
{
    answer = fail(Errc::unavailable, "no");
    create("one");
    images->start();
    wait_until([&] { return asked.size() == 1 && state("one").at("state") == "failed"; });
    EXPECT_EQ(state("one").at("reason"), "no");
    allowed = true;
    wait_until([&] { return asked.size() == 2; });
    {
        const std::lock_guard lock(mutex);
        answer = FetchedImage{true, "<html>", {}};
    }
    allowed = false;
    wait_until([&] { return asked.size() == 3 && state("one").at("reason") != "no"; });
    images->stop();
    std::vector<json> told;
    const auto events = journal.after(0, 100);
    for (const auto& event : *events) {
        if (event.at("type") == "asset.failed") told.push_back(event.at("data"));
    }
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(
        told[0],
        json({{"url", "http://example.com/logo.png"}, {"reason", "no"}, {"channels", {"one"}}}));
    EXPECT_EQ(told[1].at("reason"), "this is no PNG, JPEG, GIF or WebP image");
}

}  // namespace
}  // namespace sluice::control
