#include "channels.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "channel_document.hpp"
#include "channel_schema.hpp"
#include "temporary_store.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

const auto kTester = Caller::system("test");

class ChannelsTest : public testing::Test {
protected:
    json create(const json& body)
    {
        auto made = channels_.create(kTester, body);
        EXPECT_TRUE(made) << (made ? "" : made.error().detail);
        return made ? made->channel : json();
    }

    TemporaryStore store_;
    bool in_force_ = true;
    int applied_ = 0;
    Journal journal_ = *Journal::open(*store_);
    Channels channels_{*store_, journal_, [this] {
                           ++applied_;
                           return in_force_;
                       }};
};

TEST_F(ChannelsTest, AnEmptyBodyMakesAChannelWithAnIdAKeyAndAllDefaults)
{
    const auto channel = create(json::object());
    EXPECT_EQ(channel.at("id").get<std::string>().size(), 36U);
    EXPECT_EQ(channel.at("/ingest/key"_json_pointer).get<std::string>().size(), 40U);
    EXPECT_EQ(channel.at("/ingest/auth"_json_pointer), "signed");
    EXPECT_EQ(channel.at("/packaging/segment_s"_json_pointer), 2);
    EXPECT_EQ(channel.at("version"), *store_->revision());
    EXPECT_EQ(channel.at("created_at"), channel.at("updated_at"));
}

TEST_F(ChannelsTest, TwoChannelsGetDifferentIdsAndKeys)
{
    const auto first = create(json::object());
    const auto second = create(json::object());
    EXPECT_NE(first.at("id"), second.at("id"));
    EXPECT_NE(first.at("ingest").at("key"), second.at("ingest").at("key"));
}

TEST_F(ChannelsTest, AnIdAndAKeyCanBeBroughtAlong)
{
    const auto channel = create({{"id", "my_Channel-1"}, {"ingest", {{"key", "imported"}}}});
    EXPECT_EQ(channel.at("id"), "my_Channel-1");
    EXPECT_EQ(channel.at("ingest").at("key"), "imported");
}

TEST_F(ChannelsTest, AnIdThatExistsIsAConflict)
{
    create({{"id", "a"}});
    const auto again = channels_.create(kTester, {{"id", "a"}});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::conflict);
}

TEST_F(ChannelsTest, EveryWriteIsBroughtIntoForceAndSaysWhetherItIs)
{
    in_force_ = false;
    const auto made = channels_.create(kTester, {{"id", "a"}});
    ASSERT_TRUE(made);
    EXPECT_FALSE(made->applied);
    in_force_ = true;
    EXPECT_TRUE(channels_.patch(kTester, "a", {{"name", "x"}})->applied);
    EXPECT_TRUE(channels_.rotate_key(kTester, "a", nullptr)->applied);
    EXPECT_TRUE(*channels_.remove(kTester, "a"));
    EXPECT_EQ(applied_, 4);
}

TEST_F(ChannelsTest, ARefusedWriteIsNotBroughtIntoForce)
{
    EXPECT_FALSE(channels_.create(kTester, {{"id", "a b"}}));
    EXPECT_EQ(applied_, 0);
}

TEST_F(ChannelsTest, PatchChangesWhatItNamesAndNullMeansTheDefault)
{
    const auto made =
        create({{"id", "a"}, {"name", "old"}, {"packaging", {{"segment_s", 5}, {"part_ms", 500}}}});
    const auto changed =
        channels_.patch(kTester, "a", {{"name", nullptr}, {"packaging", {{"segment_s", 6}}}});
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->channel.at("name"), "");
    EXPECT_EQ(changed->channel.at("packaging").at("segment_s"), 6);
    EXPECT_EQ(changed->channel.at("packaging").at("part_ms"), 500);
    EXPECT_EQ(changed->channel.at("version"), made.at("version").get<int>() + 1);
}

TEST_F(ChannelsTest, PatchReplacesListsWhole)
{
    create({{"id", "a"}, {"ingest", {{"allow_ips", {"192.0.2.1", "192.0.2.2"}}}}});
    const auto changed =
        channels_.patch(kTester, "a", {{"ingest", {{"allow_ips", {"192.0.2.3"}}}}});
    EXPECT_EQ(changed->channel.at("ingest").at("allow_ips"), json({"192.0.2.3"}));
}

TEST_F(ChannelsTest, AKeySurvivesChangesThatDoNotNameIt)
{
    create({{"id", "a"}, {"ingest", {{"key", "k1"}}}, {"playback", {{"key", "k2"}}}});
    for (const json& patch : {json{{"ingest", nullptr}}, json{{"ingest", {{"key", nullptr}}}}}) {
        EXPECT_EQ(channels_.patch(kTester, "a", patch)->channel.at("ingest").at("key"), "k1");
    }
    const auto replaced = channels_.replace(kTester, "a", {{"name", "new"}});
    EXPECT_EQ(replaced->channel.at("ingest").at("key"), "k1");
    EXPECT_EQ(replaced->channel.at("playback").at("key"), "k2");
    EXPECT_EQ(channels_.patch(kTester, "a", {{"playback", {{"key", nullptr}}}})
                  ->channel.at("playback")
                  .at("key"),
              nullptr);
}

TEST_F(ChannelsTest, PutSetsAbsentFieldsBackToTheirDefaults)
{
    const auto made = create({{"id", "a"}, {"name", "old"}, {"enabled", false}});
    const auto replaced = channels_.replace(kTester, "a", {{"description", "d"}});
    ASSERT_TRUE(replaced);
    EXPECT_EQ(replaced->channel.at("name"), "");
    EXPECT_EQ(replaced->channel.at("enabled"), true);
    EXPECT_EQ(replaced->channel.at("description"), "d");
    EXPECT_EQ(replaced->channel.at("created_at"), made.at("created_at"));
}

TEST_F(ChannelsTest, WhatWasReadCanBePutBack)
{
    create({{"id", "a"}, {"ingest", {{"key", "k1"}}}});
    const auto read = without_secrets(channel_rule(), *channels_.get("a"));
    const auto replaced = channels_.replace(kTester, "a", read);
    ASSERT_TRUE(replaced) << replaced.error().detail;
    EXPECT_EQ(replaced->channel.at("ingest").at("key"), "k1");
}

TEST_F(ChannelsTest, TheIdCanNotBeChanged)
{
    create({{"id", "a"}});
    EXPECT_TRUE(channels_.patch(kTester, "a", {{"id", "a"}, {"name", "x"}}));
    const auto moved = channels_.patch(kTester, "a", {{"id", "b"}});
    ASSERT_FALSE(moved);
    EXPECT_EQ(moved.error().fields.front().field, "id");
    EXPECT_FALSE(channels_.replace(kTester, "a", {{"id", "b"}}));
}

TEST_F(ChannelsTest, AnOldVersionIsRefusedAndTheCurrentOneIsTaken)
{
    const std::uint64_t first = create({{"id", "a"}}).at("version");
    const IfMatch old{.any = false, .versions = {first}};
    ASSERT_TRUE(channels_.patch(kTester, "a", {{"name", "x"}}, old));
    EXPECT_EQ(channels_.patch(kTester, "a", {{"name", "y"}}, old).error().code, Errc::precondition);
    EXPECT_EQ(channels_.replace(kTester, "a", json::object(), old).error().code,
              Errc::precondition);
    EXPECT_EQ(channels_.remove(kTester, "a", old).error().code, Errc::precondition);
    EXPECT_TRUE(channels_.remove(kTester, "a", IfMatch{.any = true, .versions = {}}));
}

TEST_F(ChannelsTest, AChannelThatIsDeletedAndMadeAgainHasNoVersionTwice)
{
    const std::uint64_t first = create({{"id", "a"}}).at("version");
    ASSERT_TRUE(channels_.remove(kTester, "a"));
    create({{"id", "a"}});
    const auto removed = channels_.remove(kTester, "a", IfMatch{.any = false, .versions = {first}});
    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().code, Errc::precondition);
}

TEST_F(ChannelsTest, APageShowsTheCurrentVersionAlsoOfValuesThatHoldAnOlderOne)
{
    auto old = create({{"id", "a"}, {"name", R"(,"version":1)"}});
    auto stored = json::parse(to_stored(old));
    stored["version"] = 1;
    ASSERT_TRUE(store_->commit({store::put("channels/a", stored.dump())}));
    const auto shown = json::parse(channels_.list(1, "", "")->items.at(0));
    EXPECT_EQ(shown, without_secrets(channel_rule(), *channels_.get("a")));
    EXPECT_EQ(shown.at("version"), old.at("version").get<int>() + 1);
}

TEST_F(ChannelsTest, ConcurrentPatchesOfDifferentFieldsAllArrive)
{
    const auto made = create({{"id", "a"}});
    std::thread other([&] { EXPECT_TRUE(channels_.patch(kTester, "a", {{"name", "n"}})); });
    EXPECT_TRUE(channels_.patch(kTester, "a", {{"description", "d"}}));
    other.join();
    const auto channel = *channels_.get("a");
    EXPECT_EQ(channel.at("name"), "n");
    EXPECT_EQ(channel.at("description"), "d");
    EXPECT_EQ(channel.at("version"), made.at("version").get<int>() + 2);
}

TEST_F(ChannelsTest, UnknownChannelsAreNotFoundByAnyCall)
{
    for (const auto* id : {"none", "", "../x", "api", "a/b"}) {
        EXPECT_EQ(channels_.get(id).error().code, Errc::not_found) << id;
        EXPECT_EQ(channels_.patch(kTester, id, json::object()).error().code, Errc::not_found) << id;
        EXPECT_EQ(channels_.remove(kTester, id).error().code, Errc::not_found) << id;
    }
}

TEST_F(ChannelsTest, PagesFollowTheirCursorToTheEnd)
{
    for (const auto* id : {"c", "a", "b"}) create({{"id", id}});
    const auto first = channels_.list(2, "", "");
    ASSERT_TRUE(first);
    EXPECT_EQ(json::parse(first->items.at(0)).at("id"), "a");
    EXPECT_EQ(json::parse(first->items.at(1)).at("id"), "b");
    ASSERT_TRUE(first->next_cursor);
    const auto second = channels_.list(2, *first->next_cursor, "");
    EXPECT_EQ(second->items.size(), 1U);
    EXPECT_FALSE(second->next_cursor);
}

TEST_F(ChannelsTest, APageShowsWholeChannelsWithoutTheirSecrets)
{
    create({{"id", "a"},
            {"description", R"(,"~secrets":{"a":1}})"},
            {"ingest", {{"key", "k1-hidden"}}},
            {"playback", {{"key", "k2-hidden"}}}});
    const auto text = channels_.list(1, "", "")->items.at(0);
    EXPECT_EQ(text.find("hidden"), std::string::npos) << text;
    EXPECT_EQ(json::parse(text), without_secrets(channel_rule(), *channels_.get("a")));
}

TEST_F(ChannelsTest, APageOfOlderValuesWithoutASecretsMemberShowsNoneEither)
{
    auto old = create({{"id", "a"}, {"ingest", {{"key", "k1-hidden"}}}});
    ASSERT_TRUE(store_->commit({store::put("channels/a", old.dump())}));
    EXPECT_EQ(channels_.list(1, "", "")->items.at(0).find("hidden"), std::string::npos);
    EXPECT_EQ(channels_.get("a")->at("ingest").at("key"), "k1-hidden");
}

TEST_F(ChannelsTest, AnIdIsRefusedHoweverFewCharactersItsBytesAre)
{
    std::string id;
    for (int i = 0; i < 12; ++i) id += "频道";
    for (const auto& wrong : {id, std::string("é"), std::string("a b"), std::string("api")}) {
        const auto made = channels_.create(kTester, {{"id", wrong}});
        ASSERT_FALSE(made) << wrong;
        EXPECT_EQ(made.error().code, Errc::invalid);
        ASSERT_EQ(made.error().fields.size(), 1U);
        EXPECT_EQ(made.error().fields.front().field, "id");
    }
}

TEST_F(ChannelsTest, AStoredIdThatNoneMayHaveNowCanBeListedReadAndDeleted)
{
    std::string id;
    for (int i = 0; i < 64; ++i) id += "😀";
    auto old = create({{"id", "a"}});
    old["id"] = id;
    ASSERT_TRUE(store_->commit({store::put("channels/" + id, old.dump())}));

    const auto page = channels_.list(10, "a", "");
    ASSERT_TRUE(page);
    ASSERT_EQ(page->items.size(), 1U);
    EXPECT_EQ(channels_.get(id)->at("id"), id);
    EXPECT_TRUE(channels_.remove(kTester, id));
    EXPECT_FALSE(channels_.get(id));
}

TEST_F(ChannelsTest, SearchFindsPartsOfIdAndNameInAnyCaseAndFollowsChanges)
{
    create({{"id", "news-1"}, {"name", "Morning"}});
    create({{"id", "sport"}, {"name", "Evening NEWS"}});
    create({{"id", "film"}, {"name", "电影"}});
    const auto ids = [&](const char* q) {
        std::string all;
        const auto found = channels_.list(10, "", q);
        for (const auto& item : found->items)
            all += json::parse(item).at("id").get<std::string>() + " ";
        return all;
    };
    EXPECT_EQ(ids("NeWs"), "news-1 sport ");
    EXPECT_EQ(ids("电"), "film ");
    EXPECT_EQ(ids("nothing"), "");
    ASSERT_TRUE(channels_.patch(kTester, "sport", {{"name", "Football"}}));
    ASSERT_TRUE(channels_.remove(kTester, "news-1"));
    create({{"id", "x"}, {"name", "news"}});
    EXPECT_EQ(ids("news"), "x ");
}

TEST_F(ChannelsTest, SearchPagesFollowTheirCursor)
{
    for (const auto* id : {"n1", "n2", "n3", "other"}) create({{"id", id}});
    const auto first = channels_.list(2, "", "n");
    ASSERT_TRUE(first->next_cursor);
    const auto second = channels_.list(2, *first->next_cursor, "n");
    EXPECT_EQ(second->items.size(), 1U);
    EXPECT_FALSE(second->next_cursor);
}

TEST_F(ChannelsTest, AListOfChosenChannelsPagesAndSearchesLikeAnyOther)
{
    for (const auto* id : {"a", "b", "c", "d"}) create({{"id", id}, {"name", "one"}});
    create({{"id", "e"}, {"name", "two"}});
    const auto not_a = [](std::string_view id) { return id != "a" && id != "gone"; };

    const auto first = channels_.list(2, "", "one", not_a);
    ASSERT_TRUE(first && first->next_cursor);
    EXPECT_EQ(first->items.size(), 2U);
    EXPECT_EQ(*first->next_cursor, "c");
    const auto second = channels_.list(2, *first->next_cursor, "", not_a);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->items.size(), 2U);
    EXPECT_FALSE(second->next_cursor);
}

TEST_F(ChannelsTest, ARepeatedRequestGetsTheFirstAnswerAndMakesNothing)
{
    const OnceOnly once{"admin", "key-1", "hash-1"};
    const auto first = channels_.create(kTester, json::object(), once);
    const auto again = channels_.create(kTester, json::object(), once);
    ASSERT_TRUE(first && again);
    EXPECT_TRUE(again->replayed);
    EXPECT_EQ(again->channel.at("id"), first->channel.at("id"));
    EXPECT_EQ(again->channel.at("version"), first->channel.at("version"));
    EXPECT_EQ(channels_.list(10, "", "")->items.size(), 1U);
    EXPECT_FALSE(again->channel.at("ingest").contains("key"));
}

TEST_F(ChannelsTest, AnIdempotencyKeyWithAnotherRequestIsRefusedAndBelongsToItsCaller)
{
    ASSERT_TRUE(channels_.create(kTester, json::object(), OnceOnly{"admin", "key-1", "hash-1"}));
    const auto other =
        channels_.create(kTester, json::object(), OnceOnly{"admin", "key-1", "hash-2"});
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, Errc::invalid);
    const auto caller =
        channels_.create(kTester, json::object(), OnceOnly{"bob", "key-1", "hash-2"});
    ASSERT_TRUE(caller);
    EXPECT_FALSE(caller->replayed);
}

TEST_F(ChannelsTest, RacingRepeatsOfOneRequestMakeOneChannel)
{
    const OnceOnly once{"admin", "key-1", "hash-1"};
    std::vector<std::string> ids(4);
    std::vector<std::thread> threads;
    for (auto& id : ids) {
        threads.emplace_back([&] {
            const auto made = channels_.create(kTester, json::object(), once);
            if (made) id = made->channel.at("id").get<std::string>();
        });
    }
    for (auto& thread : threads) thread.join();
    for (const auto& id : ids) EXPECT_EQ(id, ids.front());
    EXPECT_EQ(channels_.list(10, "", "")->items.size(), 1U);
}

TEST_F(ChannelsTest, AnswersOlderThanADayAreForgotten)
{
    Idempotency idempotency(*store_);
    const OnceOnly once{"admin", "key-1", "hash-1"};
    ASSERT_TRUE(store_->commit({idempotency.remember(once, {{"a", 1}}, 1000)}));
    ASSERT_TRUE(idempotency.prune(1000 + 86400));
    EXPECT_TRUE(*idempotency.find(once));
    ASSERT_TRUE(idempotency.prune(1001 + 86400));
    EXPECT_FALSE(*idempotency.find(once));
}

TEST_F(ChannelsTest, RotatingTheKeyMakesANewOneOrTakesTheOneGiven)
{
    const auto before = create({{"id", "a"}}).at("ingest").at("key");
    const auto random = channels_.rotate_key(kTester, "a", nullptr);
    EXPECT_NE(random->channel.at("ingest").at("key"), before);
    EXPECT_EQ(channels_.rotate_key(kTester, "a", "mine")->channel.at("ingest").at("key"), "mine");
    EXPECT_EQ(channels_.rotate_key(kTester, "a", "with space").error().fields.front().field, "key");
}

TEST_F(ChannelsTest, TimesAreStoredInUtc)
{
    const auto channel = create({{"expires_at", "2030-01-01T02:00:00+02:00"}});
    EXPECT_EQ(channel.at("expires_at"), "2030-01-01T00:00:00Z");
}

TEST_F(ChannelsTest, WhatOnlyTheOlderApiKnowsOutlivesEveryChangeAndIsNeverShown)
{
    const json unknown{{"foo", {{"a", 1}, {"~secrets", 2}}}};
    const auto made = channels_.create_legacy(kTester, unknown);
    ASSERT_TRUE(made);
    const auto id = made->channel.at("id").get<std::string>();
    ASSERT_TRUE(channels_.patch(kTester, id, {{"name", "x"}}));
    ASSERT_TRUE(channels_.replace(kTester, id, {{"description", "x"}}));
    ASSERT_TRUE(channels_.rotate_key(kTester, id, "another-key"));
    EXPECT_EQ(channels_.get(id)->at(kLegacy), unknown);
    const auto page = channels_.documents(10, "", "");
    ASSERT_TRUE(page);
    EXPECT_EQ(page->items, std::vector{*channels_.get(id)});
    const auto shown = json::parse(channels_.list(10, "", "")->items.front());
    EXPECT_EQ(shown, without_secrets(channel_rule(), *channels_.get(id)));
    EXPECT_EQ(shown.dump().find('~'), std::string::npos);
}

TEST_F(ChannelsTest, AMemberThatOnlyTheOlderApiHasIsAnUnknownFieldHere)
{
    create({{"id", "a"}});
    const json body{{kLegacy, {{"foo", 1}}}};
    for (const auto& refused :
         {channels_.create(kTester, body), channels_.patch(kTester, "a", body),
          channels_.replace(kTester, "a", body)}) {
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::invalid);
        EXPECT_EQ(refused.error().fields.front().field, kLegacy);
    }
}

TEST_F(ChannelsTest, TheJournalDoesNotNameWhatOnlyTheOlderApiKnows)
{
    const auto id = channels_.create_legacy(kTester, json::object())->channel.at("id");
    ASSERT_TRUE(channels_.change_legacy(kTester, id.get<std::string>(),
                                        {{"isHls", "true"}, {"my note", 1}}));
    const auto events = journal_.after(0, 10);
    ASSERT_TRUE(events);
    EXPECT_EQ(events->back().at("data").at("changed"), json({"outputs.hls"}));
}

TEST_F(ChannelsTest, EveryChangeIsInTheAuditLogAndTheJournalAndARefusedOneInNeither)
{
    const Caller by{.id = "t1", .scope = Scope::operator_, .name = "CI", .address = "192.0.2.7"};
    ASSERT_TRUE(channels_.create(by, {{"id", "a"}}));
    ASSERT_TRUE(channels_.patch(by, "a", {{"name", "A"}, {"ingest", {{"auth", "open"}}}}));
    ASSERT_FALSE(channels_.patch(by, "a", {{"name", 7}}));
    ASSERT_FALSE(channels_.create(by, {{"id", "a"}}));
    ASSERT_TRUE(channels_.rotate_key(by, "a", "new-secret"));
    ASSERT_TRUE(channels_.remove(by, "a"));

    const auto events = *journal_.after(0, 10);
    ASSERT_EQ(events.size(), 4U);
    EXPECT_EQ(events[0]["type"], "channel.created");
    EXPECT_EQ(events[1]["type"], "channel.updated");
    EXPECT_EQ(events[1]["data"]["changed"], json({"ingest.auth", "name"}));
    EXPECT_EQ(events[2]["data"]["changed"], json({"ingest.key"}));
    EXPECT_EQ(events[3]["type"], "channel.deleted");
    EXPECT_EQ(events[3]["seq"], 4);

    const auto page = *store_->list("audit/", "", 10);
    ASSERT_EQ(page.items.size(), 4U);
    auto after = json::parse(page.items[1].value)["after"];
    after.erase("version");
    EXPECT_EQ(after, json({{"name", "A"}, {"ingest", {{"auth", "open"}}}}));
    EXPECT_EQ(json::parse(page.items[3].value)["after"], json());
    EXPECT_EQ(json::parse(page.items[3].value)["before"]["name"], "A");
    for (const auto& entry : page.items) {
        EXPECT_EQ(entry.value.find("new-secret"), std::string::npos);
        EXPECT_NE(entry.value.find("192.0.2.7"), std::string::npos);
    }
}

}  // namespace
}  // namespace sluice::control
