#include "channel_import.hpp"

#include <gtest/gtest.h>

#include <string>

#include "../store/schema.hpp"
#include "channel_export.hpp"
#include "temporary_store.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

const auto kTester = Caller::system("test");

/// One installation.
struct Place {
    TemporaryStore store;
    int applied = 0;
    Journal journal = *Journal::open(*store);
    Channels channels{*store, journal, [this] { return ++applied > 0; }};

    Result<Imported> import(const json& document, const ImportOptions& options = {})
    {
        return import_channels(channels, *store, kTester, document, options);
    }

    json exported(bool secrets = true) { return *export_channels(*store, secrets); }

    std::size_t entries(std::string_view prefix)
    {
        return store->list(prefix, "", 100'000)->items.size();
    }
};

json document(json channels)
{
    return {{"version", 1}, {"channels", std::move(channels)}};
}

void fill(Place& place)
{
    ASSERT_TRUE(place.channels.create(kTester, {{"id", "plain"}}));
    ASSERT_TRUE(place.channels.create(
        kTester,
        json::parse(R"({"id": "rich", "name": "频道", "expires_at": "2030-01-01T08:00:00+08:00",
        "ingest": {"key": "mine", "allow_ips": ["10.0.0.0/8"]}, "playback": {"key": "theirs", "auth": "signed"},
        "transcode": {"enabled": true, "custom": [{"name": "x", "width": 640}]},
        "relays": [{"url": "rtmp://a.example/live/key", "enabled": false}]})")));
}

/// What a channel is, without what says when it became so.
json facts(Place& place, const char* id)
{
    auto channel = *place.channels.get(id);
    for (const auto* name : {"created_at", "updated_at", "version"}) channel.erase(name);
    return channel;
}

TEST(ChannelImportTest, AnExportMakesTheSameChannelsElsewhere)
{
    Place from;
    fill(from);
    Place to;
    const auto done = to.import(from.exported());
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_EQ(done->plan.at("create"), json({"plain", "rich"}));
    for (const auto* id : {"plain", "rich"}) EXPECT_EQ(facts(to, id), facts(from, id));
    EXPECT_EQ(to.exported(), from.exported());
}

TEST(ChannelImportTest, AnExportWithoutSecretsHoldsNoneAndItsImportKeepsThoseThatAreThere)
{
    Place place;
    fill(place);
    const auto without = place.exported(false);
    EXPECT_EQ(without.dump().find("mine"), std::string::npos);
    EXPECT_EQ(without.dump().find("theirs"), std::string::npos);
    const auto before = facts(place, "rich");
    const auto done = place.import(without);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->plan.at("unchanged"), 2);
    EXPECT_EQ(facts(place, "rich"), before);
    Place other;
    ASSERT_TRUE(other.import(without));
    EXPECT_NE(other.channels.get("rich")->at("ingest").at("key"), "mine");
}

TEST(ChannelImportTest, AnExportSaysOnlyWhatDiffersFromTheDefaults)
{
    Place place;
    ASSERT_TRUE(place.channels.create(kTester, {{"id", "a"}, {"outputs", {{"hls", false}}}}));
    EXPECT_EQ(place.exported(false), document({{{"id", "a"}, {"outputs", {{"hls", false}}}}}));
}

TEST(ChannelImportTest, TheSameImportTwiceChangesNothingTheSecondTime)
{
    Place place;
    fill(place);
    const auto set = place.exported();
    const auto revision = *place.store->revision();
    const auto done = place.import(set);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->plan.at("counts"), json({{"create", 0}, {"update", 0}, {"delete", 0}}));
    EXPECT_EQ(done->plan.at("unchanged"), 2);
    EXPECT_EQ(*place.store->revision(), revision);
}

TEST(ChannelImportTest, APlanNamesWhatWouldBeDoneAndDoesNothing)
{
    Place place;
    fill(place);
    const auto revision = *place.store->revision();
    const auto done =
        place.import(document({{{"id", "new"}}, {{"id", "rich"}, {"name", "other"}}}),
                     {.dry_run = true, .replace = true, .confirm_deletes = {}, .once = {}});
    ASSERT_TRUE(done);
    EXPECT_EQ(done->plan.at("create"), json({"new"}));
    EXPECT_EQ(done->plan.at("delete"), json({"plain"}));
    ASSERT_EQ(done->plan.at("update").size(), 1U);
    const auto& changed = done->plan.at("update")[0].at("changed");
    EXPECT_NE(std::find(changed.begin(), changed.end(), "name"), changed.end());
    EXPECT_EQ(*place.store->revision(), revision);
    EXPECT_EQ(place.applied, 2);  // by fill()
}

TEST(ChannelImportTest, ReplacingAsksForTheNumberOfDeletions)
{
    Place place;
    fill(place);
    const auto set = document({{{"id", "rich"}}});
    ImportOptions options{.dry_run = false, .replace = true, .confirm_deletes = {}, .once = {}};
    for (const auto& count : {std::optional<std::size_t>{}, std::optional<std::size_t>{2}}) {
        options.confirm_deletes = count;
        const auto refused = place.import(set, options);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::conflict);
        EXPECT_EQ(refused.error().fields[0].field, "confirm_deletes");
        EXPECT_EQ(*place.channels.size(), 2U);
    }
    options.confirm_deletes = 1;
    ASSERT_TRUE(place.import(set, options));
    EXPECT_EQ(*place.channels.size(), 1U);
}

TEST(ChannelImportTest, OneWrongChannelKeepsAllFromBeingImported)
{
    Place place;
    fill(place);
    const auto revision = *place.store->revision();
    const auto set =
        document(json::parse(R"([{"id": "good"}, {"id": "bad", "packaging": {"segment_s": "x"}},
        {"name": "none"}, {"id": "good"}, {"id": "a b"}, 7])"));
    const auto refused = place.import(set);
    ASSERT_FALSE(refused);
    std::vector<std::string> fields;
    for (const auto& wrong : refused.error().fields) fields.push_back(wrong.field);
    EXPECT_EQ(fields,
              (std::vector<std::string>{"channels[1].packaging.segment_s", "channels[2].id",
                                        "channels[3].id", "channels[4].id", "channels[5]"}));
    EXPECT_EQ(*place.store->revision(), revision);
    const auto dry =
        place.import(set, {.dry_run = true, .replace = false, .confirm_deletes = {}, .once = {}});
    ASSERT_TRUE(dry);
    EXPECT_EQ(dry->plan.at("errors").size(), 5U);
    EXPECT_EQ(dry->plan.at("errors")[0].at("id"), "bad");
    EXPECT_EQ(dry->plan.at("errors")[1].at("id"), json());
}

TEST(ChannelImportTest, ADocumentOfAnotherFormIsRefused)
{
    Place place;
    for (const auto& wrong :
         {json::array(), json::object(), json{{"version", 2}, {"channels", json::array()}},
          json{{"version", 1}}, json{{"version", 1}, {"channels", json::object()}},
          json{{"version", 1}, {"channels", json::array()}, {"users", json::array()}}}) {
        EXPECT_FALSE(place.import(wrong)) << wrong;
    }
    EXPECT_TRUE(place.import(document(json::array())));
}

TEST(ChannelImportTest, TenThousandChannelsAreOneTransactionAndOnePublication)
{
    Place place;
    json channels = json::array();
    for (int i = 0; i < 10'000; ++i) channels.push_back({{"id", "c" + std::to_string(i)}});
    const auto revision = *place.store->revision();
    const auto done = place.import(document(channels));
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_EQ(*place.store->revision(), revision + 1);
    EXPECT_EQ(place.applied, 1);
    EXPECT_EQ(*place.channels.size(), 10'000U);
    EXPECT_EQ(place.entries(store::schema::kAudit), 10'001U);  // and one for the whole
    EXPECT_EQ(place.entries(store::schema::kEvents), 10'000U);
}

TEST(ChannelImportTest, ARepeatedImportIsAnsweredAgain)
{
    Place place;
    ImportOptions options;
    options.once = OnceOnly{"me", "key", "hash"};
    const auto first = place.import(document({{{"id", "a"}}}), options);
    const auto again = place.import(document({{{"id", "a"}}}), options);
    ASSERT_TRUE(first && again);
    EXPECT_TRUE(again->replayed);
    EXPECT_EQ(again->plan, first->plan);
}

}  // namespace
}  // namespace sluice::control
