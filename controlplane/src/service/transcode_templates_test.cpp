#include "transcode_templates.hpp"

#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "../store/schema.hpp"
#include "audit_log.hpp"
#include "channel_export.hpp"
#include "channel_import.hpp"
#include "channels.hpp"
#include "openapi_fields.hpp"
#include "template_change.hpp"
#include "temporary_store.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

const Caller kBy{.id = "test", .scope = Scope::operator_};

struct TranscodeTemplatesTest : testing::Test {
    TemporaryStore store;
    Journal journal = *Journal::open(*store);
    int applied = 0;
    TranscodeTemplates templates{*store, journal, [this] { return ++applied > 0; }};
    Channels channels{*store, journal, [] { return true; }};

    json made(const std::string& name, json fields = json::object())
    {
        fields["name"] = name;
        const auto done = templates.create(kBy, fields);
        EXPECT_TRUE(done) << done.error().detail;
        return done ? done->document : json();
    }

    static json naming(const std::string& id, const json& renditions)
    {
        return {{"id", id}, {"transcode", {{"renditions", renditions}}}};
    }

    template <class T>
    static std::vector<std::string> wrong(const Result<T>& refused, Errc code = Errc::invalid)
    {
        EXPECT_FALSE(refused);
        if (refused) return {};
        EXPECT_EQ(refused.error().code, code) << refused.error().detail;
        std::vector<std::string> names;
        for (const auto& field : refused.error().fields) names.push_back(field.field);
        return names;
    }
};

using Names = std::vector<std::string>;

TEST_F(TranscodeTemplatesTest, FieldsAreDocumentedAsTheyAreChecked)
{
    std::map<std::string, std::string> rules;
    collect(transcode_template_rule(), "", rules);
    const auto documented = documented_fields("TranscodeTemplate");
    for (const auto& [name, text] : rules) {
        ASSERT_TRUE(documented.contains(name)) << name;
        EXPECT_TRUE(documented.at(name).starts_with(text)) << name << ": " << text;
    }
    EXPECT_EQ(documented.size(), rules.size());
}

TEST_F(TranscodeTemplatesTest, IsKeptWithItsDefaults)
{
    const auto document = made("mobile", {{"width", 320}, {"audio", {{"codec", "aac"}}}});
    EXPECT_EQ(document.at("width"), 320);
    EXPECT_EQ(document.at("height"), 720);
    EXPECT_EQ(document.at("audio"), json({{"codec", "aac"}, {"bitrate_kbps", 128}}));
    EXPECT_EQ(document.at("builtin"), false);
    EXPECT_EQ(document.at("applied"), "applied");
    auto read = templates.get("mobile")->document;
    read["applied"] = "applied";
    EXPECT_EQ(read, document);
}

TEST_F(TranscodeTemplatesTest, RefusesWhatChannelsWouldRefuse)
{
    const auto refused = [&](const json& body, Errc code = Errc::invalid) {
        return wrong(templates.create(kBy, body), code);
    };
    EXPECT_EQ(refused(json::object()), Names{"name"});
    EXPECT_EQ(refused(json::array(), Errc::malformed), Names{"body"});
    EXPECT_EQ(refused({{"name", 1}}, Errc::malformed), Names{"name"});
    for (const auto* name :
         {"", "Big", "a b", "live", "ld", "sd", "hd", "ud", "360p", "480p", "720p", "1080p"}) {
        EXPECT_EQ(refused({{"name", name}}), Names{"name"}) << name;
    }
    EXPECT_EQ(refused({{"name", "a"}, {"width", 0}, {"colour", 1}}), (Names{"colour", "width"}));
    made("a");
    EXPECT_EQ(refused({{"name", "a"}}, Errc::conflict), Names{"name"});
}

TEST_F(TranscodeTemplatesTest, HaveAnEnd)
{
    for (std::size_t i = 0; i < TranscodeTemplates::kMaxTemplates; ++i) {
        made("t" + std::to_string(i));
    }
    EXPECT_EQ(wrong(templates.create(kBy, {{"name", "more"}}), Errc::conflict), Names{});
}

TEST_F(TranscodeTemplatesTest, AreListedBehindTheBuiltInOnes)
{
    for (const auto* name : {"b", "a", "hd-own"}) made(name);
    Names found;
    std::string cursor;
    for (int pages = 0; pages < 8; ++pages) {
        const auto page = *templates.list(1, cursor);
        found.push_back(page.at("items").at(0).at("name"));
        if (page.at("next_cursor").is_null()) break;
        cursor = page.at("next_cursor");
    }
    EXPECT_EQ(found, (Names{"ld", "sd", "hd", "ud", "a", "b", "hd-own"}));
    const auto all = templates.list(1000, "")->at("items");
    EXPECT_EQ(all.size(), 7U);
    EXPECT_EQ(all[2].at("height"), 720);
    EXPECT_EQ(all[2].at("bitrate_kbps"), 1000);
    EXPECT_EQ(all[2].at("builtin"), true);
}

TEST_F(TranscodeTemplatesTest, BuiltInOnesStayAsTheyAre)
{
    for (const auto* name : {"ld", "sd", "hd", "ud"}) {
        EXPECT_TRUE(templates.get(name));
        wrong(templates.patch(kBy, name, {{"width", 320}}, {}), Errc::conflict);
        wrong(templates.replace(kBy, name, {{"width", 320}}, {}), Errc::conflict);
        wrong(templates.remove(kBy, name, {}), Errc::conflict);
    }
    wrong(templates.get("720p"), Errc::not_found);
}

TEST_F(TranscodeTemplatesTest, ChangeFieldByFieldOrAsAWhole)
{
    made("own", {{"width", 320}, {"fps", 10}});
    const auto version = templates.get("own")->version;
    const auto patched = templates.patch(kBy, "own", {{"height", 180}, {"fps", nullptr}}, {});
    EXPECT_EQ(patched->document.at("width"), 320);
    EXPECT_EQ(patched->document.at("fps"), nullptr);
    EXPECT_EQ(patched->version, version + 1);
    EXPECT_EQ(wrong(templates.patch(kBy, "own", {{"name", "other"}}, {})), Names{"name"});
    EXPECT_EQ(wrong(templates.replace(kBy, "own", {{"name", "other"}}, {})), Names{"name"});
    EXPECT_EQ(wrong(templates.patch(kBy, "own", json::array(), {}), Errc::malformed),
              Names{"body"});
    wrong(templates.patch(kBy, "own", {{"fps", 5}}, IfMatch{.versions = {version}}),
          Errc::precondition);
    const auto replaced = templates.replace(kBy, "own", {{"height", 180}}, {});
    EXPECT_EQ(replaced->document.at("width"), 1280);
    EXPECT_EQ(replaced->document.at("created_at"), patched->document.at("created_at"));
    for (const auto* name : {"nobody", "../x", "", "X"}) {
        wrong(templates.replace(kBy, name, json::object(), {}), Errc::not_found);
    }
}

TEST_F(TranscodeTemplatesTest, EachChangeIsInTheJournalAndTheAuditLog)
{
    made("own");
    ASSERT_TRUE(templates.patch(kBy, "own", {{"width", 320}}, {}));
    ASSERT_TRUE(templates.remove(kBy, "own", {}));
    const auto events = *journal.after(0, 10);
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[0].at("type"), "template.created");
    EXPECT_EQ(events[1].at("data"), json({{"name", "own"}, {"changed", {"width"}}}));
    EXPECT_EQ(events[2].at("type"), "template.deleted");
    Names actions;
    const auto noted = *AuditLog(*store).list({}, 10, {});
    for (const auto& entry : noted.at("items")) actions.push_back(entry.at("action"));
    EXPECT_EQ(actions, (Names{"template.delete", "template.update", "template.create"}));
}

TEST_F(TranscodeTemplatesTest, AChannelNamesOnlyWhatIsThere)
{
    made("own");
    EXPECT_EQ(wrong(channels.create(kBy, naming("demo", {"hd", "nobody", "own", "none"}))),
              (Names{"transcode.renditions[1]", "transcode.renditions[3]"}));
    const auto done = channels.create(kBy, naming("demo", {"720p", "own"}));
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_EQ(done->channel.at("transcode").at("renditions"), json({"hd", "own"}));
    const json change{{"transcode", {{"renditions", {"nobody"}}}}};
    EXPECT_EQ(wrong(channels.patch(kBy, "demo", change)), Names{"transcode.renditions[0]"});
    const json import{{"version", 1}, {"channels", {naming("other", {"nobody"})}}};
    EXPECT_EQ(wrong(import_channels(channels, *store, kBy, import, {})),
              Names{"channels[0].transcode.renditions[0]"});
}

TEST_F(TranscodeTemplatesTest, StaysWhileChannelsNameIt)
{
    made("own");
    ASSERT_TRUE(channels.create(kBy, naming("demo", {"own"})));
    EXPECT_TRUE(channels.create(kBy, {{"id", "own"}, {"description", "\"own\""}}));
    const auto refused = templates.remove(kBy, "own", {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);
    EXPECT_EQ(refused.error().fields, (std::vector<FieldError>{{"channels", "demo"}}));
    ASSERT_TRUE(channels.patch(kBy, "demo", {{"transcode", {{"renditions", {"ld"}}}}}));
    EXPECT_TRUE(templates.remove(kBy, "own", {}));
    EXPECT_TRUE(store->list(store::schema::kTranscodeTemplateUses, "", 1)->items.empty());
}

TEST_F(TranscodeTemplatesTest, AnExportMakesTheSameElsewhere)
{
    made("one", {{"width", 320}});
    made("two", {{"audio", {{"codec", "aac"}}}});
    ASSERT_TRUE(channels.create(kBy, naming("demo", {"one", "hd"})));
    const auto exported = *export_channels(*store, true);
    EXPECT_EQ(exported.at("transcode_templates"),
              json({{{"name", "one"}, {"width", 320}},
                    {{"name", "two"}, {"audio", {{"codec", "aac"}}}}}));

    TemporaryStore there;
    const auto elsewhere = *Journal::open(*there);
    Channels others(*there, elsewhere, [] { return true; });
    const auto done = import_channels(others, *there, kBy, exported, {});
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_EQ(done->plan.at("transcode_templates").at("create"), json({"one", "two"}));
    EXPECT_EQ(*export_channels(*there, true), exported);
    const auto revision = *there->revision();
    const auto again = import_channels(others, *there, kBy, exported, {});
    EXPECT_EQ(again->plan.at("transcode_templates").at("unchanged"), 2);
    EXPECT_EQ(*there->revision(), revision);
}

TEST_F(TranscodeTemplatesTest, AnImportChangesThemWithItsChannelsOrNothing)
{
    made("one", {{"width", 320}});
    made("stays");
    json document{{"version", 1},
                  {"transcode_templates",
                   {{{"name", "one"}, {"height", 180}},
                    {{"name", "new"}},
                    {{"name", "new"}},
                    {{"name", "hd"}},
                    {{"name", "x"}, {"width", 0}}}},
                  {"channels", {naming("demo", {"new", "one"})}}};
    EXPECT_EQ(wrong(import_channels(channels, *store, kBy, document, {})),
              (Names{"transcode_templates[2].name", "transcode_templates[3].name",
                     "transcode_templates[4].width"}));
    wrong(templates.get("new"), Errc::not_found);
    document["transcode_templates"].erase(4);
    document["transcode_templates"].erase(3);
    document["transcode_templates"].erase(2);
    const auto done = import_channels(channels, *store, kBy, document, {.replace = true});
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_EQ(done->plan.at("transcode_templates"),
              json({{"create", {"new"}},
                    {"update", {{{"name", "one"}, {"changed", {"height", "width"}}}}},
                    {"unchanged", 0}}));
    EXPECT_EQ(templates.get("one")->document.at("height"), 180);
    EXPECT_TRUE(templates.get("stays"));
    wrong(templates.remove(kBy, "new", {}), Errc::conflict);
}

TEST_F(TranscodeTemplatesTest, AChannelThatBeginsToNameItLeavesItsVersionAlone)
{
    made("own");
    const auto version = templates.get("own")->version;
    ASSERT_TRUE(channels.create(kBy, naming("demo", {"own"})));
    EXPECT_EQ(templates.get("own")->version, version);
}

TEST_F(TranscodeTemplatesTest, IsNotDeletedUnderAChannelThatBeginsToNameIt)
{
    int together = 0;
    for (int round = 0; round < 50; ++round) {
        made("own");
        const auto id = "demo" + std::to_string(round);
        Result<Channels::Written> created;
        std::thread creating([&] { created = channels.create(kBy, naming(id, {"own"})); });
        const auto removed = templates.remove(kBy, "own", {});
        creating.join();
        if (removed && created) ++together;
        if (created) {
            ASSERT_TRUE(channels.remove(kBy, id));
        }
        if (!removed) {
            ASSERT_TRUE(templates.remove(kBy, "own", {}));
        }
    }
    EXPECT_EQ(together, 0);
}

}  // namespace
}  // namespace sluice::control
