#include "backups.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "../nginx/file.hpp"
#include "../nginx/listen_port.hpp"
#include "../nginx/stand_in_nginx.hpp"
#include "../store/schema.hpp"
#include "backup_file.hpp"
#include "channels.hpp"
#include "core/channel/temporary_folder.hpp"
#include "users.hpp"
#include "webhooks.hpp"

namespace sluice::control {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const auto kTester = Caller::system("test");

class BackupsTest : public testing::Test {
protected:
    BackupsTest()
    {
        json flags{{"workers", 2}};
        for (const auto* name : {"http_port", "https_port", "rtmp_port", "rtmps_port"}) {
            flags[name] = nginx::free_loopback_port();
        }
        const auto done = settings_.start(flags, false);
        if (!done) throw std::runtime_error(done.error().detail);
    }

    fs::path dir() const { return folder_.path(); }

    std::string make(const json& body = json::object())
    {
        auto made = backups_.create(kTester, body);
        EXPECT_TRUE(made) << (made ? "" : made.error().detail);
        return made ? made->at("id").get<std::string>() : "";
    }

    std::vector<std::string> ids(const std::string& reason = "requested") const
    {
        std::vector<std::string> found;
        const auto page = backups_.list(1000, "");
        for (const auto& item : page->at("items")) {
            if (item.at("reason") == reason) found.push_back(item.at("id"));
        }
        return found;
    }

    std::string put_webhook()
    {
        return webhooks_.create(kTester, {{"url", "http://receiver/"}})->webhook.at("id");
    }

    /// Where the webhook goes on; null: nowhere.
    static json cursor_of(const store::Store& store, const std::string& webhook)
    {
        const auto entry = *store.get(store::schema::webhook_state(webhook));
        return entry ? json::parse(entry->value).at("cursor") : json();
    }

    Result<void> put_channel(const std::string& id)
    {
        return channels_.create(kTester, {{"id", id}}).map([](const Channels::Written&) {});
    }

    const channel::TemporaryFolder folder_;
    std::unique_ptr<store::LmdbStore> store_ =
        store::LmdbStore::open(dir() / "control.mdb", 16u << 20).value();
    const nginx::ControlSocket socket_{dir() / "run/control.sock"};
    nginx::Activation activation_{{.dir = dir(),
                                   .nginx = "/bin/true",
                                   .nginx_modules = "/usr/lib/nginx/modules",
                                   .sluice_module = "/opt/ngx_sluice_module.so",
                                   .templates = SLUICE_SOURCE_DIR "/nginx-conf",
                                   .web = "/opt/web"},
                                  socket_};
    Journal journal_ = *Journal::open(*store_);
    Settings settings_{*store_, activation_, journal_};
    int applied_ = 0;
    Channels channels_{*store_, journal_, [] { return true; }};
    Passwords passwords_{{.kib = 64, .passes = 1}};
    Users users_{*store_, passwords_};
    Webhooks webhooks_{*store_, journal_, [] { return true; }};
    Backups backups_{*store_, settings_, journal_, dir() / "backups", check_backup, [this] {
                         ++applied_;
                         return true;
                     }};
};

TEST_F(BackupsTest, ABackupIsDescribedAndReadableByItsOwnerOnly)
{
    const auto id = make();
    const auto facts = backups_.get(id);
    ASSERT_TRUE(facts);
    const auto file = dir() / "backups" / (id + ".mdb");
    EXPECT_EQ(facts->at("bytes"), fs::file_size(file));
    EXPECT_EQ(facts->at("sha256"), digest_of(file)->sha256);
    EXPECT_EQ(fs::status(file).permissions(), fs::perms(0600));
    EXPECT_EQ(fs::status(dir() / "backups").permissions(), fs::perms::owner_all);
    EXPECT_EQ(ids(), (std::vector{id}));
    ASSERT_TRUE(backups_.remove(kTester, id));
    EXPECT_TRUE(fs::is_empty(dir() / "backups"));
    EXPECT_EQ(backups_.get(id).error().code, Errc::not_found);
}

TEST_F(BackupsTest, AsManyAsAskedForAreKeptAndNeverMoreThanFifty)
{
    for (std::size_t i = 0; i < Backups::kMaxKept; ++i) make();
    EXPECT_EQ(backups_.create(kTester, json::object()).error().code, Errc::conflict);
    const auto last = make({{"keep", 2}});
    EXPECT_EQ(ids().size(), 2U);
    EXPECT_EQ(ids().front(), last);
    EXPECT_EQ(backups_.create(kTester, {{"keep", 0}}).error().fields.front().field, "keep");
    EXPECT_EQ(backups_.list(1, "")->at("items").size(), 1U);
    EXPECT_EQ(backups_.list(1, last)->at("items").front().at("id"), ids().at(1));
}

TEST_F(BackupsTest, ARestorePutsEverythingBackAndInForce)
{
    ASSERT_TRUE(put_channel("kept"));
    ASSERT_TRUE(settings_.patch(kTester, {{"public_host", "then.example.com"}}));
    const auto id = make();
    ASSERT_TRUE(put_channel("since"));
    ASSERT_TRUE(channels_.patch(kTester, "kept", {{"name", "since"}}));
    const auto version = channels_.get("kept")->at("version").get<std::uint64_t>();
    ASSERT_TRUE(settings_.patch(kTester, {{"public_host", "now.example.com"}}));
    ASSERT_TRUE(store_->commit({store::put("sessions/a", "{}")}));

    const auto done = backups_.restore(kTester, id);

    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_EQ(done->at("applied"), "applied");
    EXPECT_EQ(applied_, 1);
    EXPECT_EQ(channels_.get("kept")->at("name"), "");
    EXPECT_GT(channels_.get("kept")->at("version").get<std::uint64_t>(), version);
    EXPECT_EQ(channels_.get("since").error().code, Errc::not_found);
    EXPECT_EQ(*channels_.size(), 1U);
    EXPECT_EQ(settings_.get().at("public_host"), "then.example.com");
    EXPECT_FALSE(*store_->get("sessions/a"));
    EXPECT_FALSE(*store_->get(store::schema::kBackup));
    EXPECT_EQ(ids("before_restore"), (std::vector{done->at("before").get<std::string>()}));
    ASSERT_TRUE(
        settings_.patch(kTester, {{"public_host", "after.example.com"}},
                        IfMatch{.versions = {settings_.get().at("version").get<std::uint64_t>()}}));

    ASSERT_TRUE(backups_.restore(kTester, done->at("before").get<std::string>()));
    EXPECT_TRUE(channels_.get("since"));
}

TEST_F(BackupsTest, TheAuditLogAndTheJournalGoOn)
{
    const auto id = make();
    ASSERT_TRUE(put_channel("since"));
    const auto events = journal_.after(0, 100)->size();
    ASSERT_TRUE(backups_.restore(kTester, id));
    const auto all = *journal_.after(0, 100);
    ASSERT_EQ(all.size(), events + 1);
    EXPECT_EQ(all.back().at("type"), "config.restored");
    EXPECT_EQ(all.back().at("number"), events + 1);
    const auto last = store_->list_back(store::schema::kAudit, "", 2);
    EXPECT_EQ(json::parse(last->items.at(0).value).at("action"), "backup.restore");
    EXPECT_EQ(json::parse(last->items.at(0).value).at("target"), id);
    EXPECT_EQ(json::parse(last->items.at(1).value).at("target"), "since");
}

TEST_F(BackupsTest, WebhooksGoOnFromNowOrFromWhereTheyAre)
{
    const auto stays = put_webhook();
    const auto deleted = put_webhook();
    const auto disabled = put_webhook();
    const std::string sleeps =
        webhooks_.create(kTester, {{"url", "http://r/"}, {"enabled", false}})->webhook.at("id");
    const auto id = make();
    const auto log = store::numbered_key(store::schema::webhook_log(stays), 1);
    ASSERT_TRUE(put_channel("since"));
    const auto newest = *journal_.newest();
    ASSERT_TRUE(store_->commit({store::put(store::schema::webhook_state(stays),
                                           R"({"cursor": 1, "lanes": {"c": [1, 3, 5]}})"),
                                store::put(log, "{}")}));
    ASSERT_TRUE(webhooks_.remove(kTester, deleted, {}));
    ASSERT_TRUE(webhooks_.patch(kTester, disabled, {{"enabled", false}}, {}));
    ASSERT_TRUE(webhooks_.patch(kTester, sleeps, {{"enabled", true}}, {}));
    const auto added = put_webhook();

    ASSERT_TRUE(backups_.restore(kTester, id));

    EXPECT_EQ(cursor_of(*store_, stays), 1) << "what it still has to get is not lost";
    EXPECT_EQ(cursor_of(*store_, deleted), newest);
    EXPECT_EQ(cursor_of(*store_, disabled), newest);
    EXPECT_EQ(cursor_of(*store_, sleeps), json());
    EXPECT_EQ(cursor_of(*store_, added), json());
    EXPECT_TRUE(webhooks_.get(deleted));
    EXPECT_FALSE(webhooks_.get(added));
    EXPECT_TRUE(*store_->get(log)) << "the log goes on with the journal";
}

TEST_F(BackupsTest, AsManyWebhooksAsThereMayBeArePutBack)
{
    std::vector<std::string> made;
    for (std::size_t i = 0; i < Webhooks::kMaxWebhooks; ++i) made.push_back(put_webhook());
    const auto id = make();
    for (const auto& webhook : made) ASSERT_TRUE(webhooks_.remove(kTester, webhook, {}));
    const auto done = backups_.restore(kTester, id);
    ASSERT_TRUE(done) << done.error().detail;
    for (const auto& webhook : made) EXPECT_NE(cursor_of(*store_, webhook), json());
}

TEST_F(BackupsTest, UsersStayWhenTheBackupKnowsNone)
{
    const auto id = make();
    const json ann{{"username", "ann"}, {"role", "admin"}, {"password", "ann's password"}};
    ASSERT_TRUE(users_.create(kTester, ann));
    const auto later = make();
    ASSERT_TRUE(backups_.restore(kTester, id));
    EXPECT_TRUE(*users_.account_named("ann"));
    ASSERT_TRUE(users_.patch(kTester, (*users_.account_named("ann"))->id, {{"username", "bob"}}));
    ASSERT_TRUE(backups_.restore(kTester, later));
    EXPECT_TRUE(*users_.account_named("ann"));
    EXPECT_FALSE(*users_.account_named("bob"));
}

TEST_F(BackupsTest, ADamagedOneIsRefusedBeforeAnythingChanges)
{
    const auto id = make();
    const auto file = dir() / "backups" / (id + ".mdb");
    {
        std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
        out.seekp(-100, std::ios::end);
        out << "damage";
    }
    ASSERT_TRUE(put_channel("since"));
    const auto done = backups_.restore(kTester, id);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::conflict);
    EXPECT_NE(done.error().detail.find("SHA-256"), std::string::npos);
    EXPECT_TRUE(channels_.get("since"));
    EXPECT_TRUE(ids("before_restore").empty());
    EXPECT_EQ(backups_.restore(kTester, "nothing").error().code, Errc::not_found);
    EXPECT_EQ(backups_.restore(kTester, "../control").error().code, Errc::not_found);
}

TEST_F(BackupsTest, AFilePutThereByHandCountsAndIsChecked)
{
    {
        std::ofstream(dir() / "backups/mine.mdb") << "no database";
        auto other = store::LmdbStore::open(dir() / "backups/newer.mdb");
        const auto version = std::string(R"({"version":99})");
        const auto marker = store::put(std::string(store::schema::kBackup), "{}");
        ASSERT_TRUE(
            (*other)->commit({store::put(std::string(store::schema::kSchema), version), marker}));
        auto broken = store::LmdbStore::open(dir() / "backups/broken.mdb");
        ASSERT_TRUE((*broken)->commit({store::put("channels/x", "no JSON"), marker}));
        ASSERT_TRUE(store::LmdbStore::open(dir() / "backups/empty.mdb"));
    }
    EXPECT_EQ(ids("by_hand").size(), 4U);
    for (const auto& [id, reason] : {std::pair{"mine", "can't be put back"},
                                     {"newer", "99"},
                                     {"broken", "channels/x"},
                                     {"empty", "no backup"}}) {
        const auto done = backups_.restore(kTester, id);
        ASSERT_FALSE(done) << id;
        EXPECT_EQ(done.error().code, Errc::conflict) << id;
        EXPECT_NE(done.error().detail.find(reason), std::string::npos) << done.error().detail;
    }
    EXPECT_FALSE(fs::exists(dir() / "backups/.restore.mdb"));
}

TEST_F(BackupsTest, SettingsThatNginxRefusesChangeNothing)
{
    const auto id = make();
    const auto then = settings_.get().at("http_port").get<std::uint16_t>();
    ASSERT_TRUE(settings_.patch(kTester, {{"http_port", nginx::free_loopback_port()}}));
    ASSERT_TRUE(put_channel("since"));
    const auto before = settings_.get();
    const nginx::StandInNginx master(dir(), 2, std::to_string(then));

    const auto done = backups_.restore(kTester, id);

    EXPECT_FALSE(done);
    EXPECT_TRUE(channels_.get("since"));
    EXPECT_EQ(settings_.get(), before);
    EXPECT_TRUE(ids("before_restore").empty());
}

TEST_F(BackupsTest, WhileOneIsPutBackTheOthersCanBeReadAndNoneIsMade)
{
    const auto id = make();
    Backups* inside = nullptr;
    int checks = 0;
    Backups backups(
        *store_, settings_, journal_, dir() / "backups",
        [&](const fs::path& file) {
            ++checks;
            EXPECT_EQ(inside->list(10, "")->at("items").size(), 1U);
            EXPECT_TRUE(inside->get(id));
            EXPECT_EQ(inside->create(kTester, json::object()).error().code, Errc::conflict);
            EXPECT_EQ(inside->restore(kTester, id).error().code, Errc::conflict);
            return check_backup(file);
        },
        [] { return false; });
    inside = &backups;
    const auto done = backups.restore(kTester, id);
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_EQ(done->at("applied"), "pending");
    EXPECT_EQ(checks, 1);
}

TEST_F(BackupsTest, WhatWasAnsweredOnceStaysAnsweredOverARestore)
{
    const auto id = make();
    ASSERT_TRUE(store_->commit({store::put(store::schema::idempotency("x"), "{}")}));
    ASSERT_TRUE(backups_.restore(kTester, id));
    EXPECT_TRUE(*store_->get(store::schema::idempotency("x")));
}

TEST_F(BackupsTest, OnlyThreeCopiesOfWhatWasBeforeAreKept)
{
    const auto id = make();
    for (std::size_t i = 0; i < Backups::kMaxBefore + 2; ++i) {
        ASSERT_TRUE(backups_.restore(kTester, id));
    }
    EXPECT_EQ(ids("before_restore").size(), Backups::kMaxBefore);
    EXPECT_EQ(ids().size(), 1U);
}

TEST_F(BackupsTest, OneThatTakesThePlaceOfTheStoreByHandGetsIdsOfItsOwn)
{
    ASSERT_TRUE(store_->commit({store::put("sessions/a", "{}"), store::put("uses/x", "1")}));
    const auto webhook = put_webhook();
    ASSERT_TRUE(put_channel("undelivered"));
    const auto newest = *journal_.newest();
    const auto id = make();
    const auto installation = (*store_->get(store::schema::kInstallation))->value;
    const auto copy = store::LmdbStore::open(dir() / "backups" / (id + ".mdb"));
    for (int start = 0; start < 2; ++start) {
        ASSERT_TRUE(Backups::settle(**copy));
        EXPECT_NE((*(*copy)->get(store::schema::kInstallation))->value, installation);
        EXPECT_FALSE(*(*copy)->get(store::schema::kBackup));
        EXPECT_FALSE(*(*copy)->get("sessions/a"));
        EXPECT_EQ(cursor_of(**copy, webhook), newest);
    }
    const auto last = (*copy)->list_back(store::schema::kAudit, "", 1);
    EXPECT_EQ(json::parse(last->items.front().value).at("action"), "backup.restore");
    ASSERT_TRUE(Backups::settle(*store_));
    EXPECT_EQ((*store_->get(store::schema::kInstallation))->value, installation);
}

}  // namespace
}  // namespace sluice::control
