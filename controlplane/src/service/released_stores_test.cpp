#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "../store/lmdb_store.hpp"
#include "../store/schema.hpp"
#include "channel_document.hpp"
#include "channels.hpp"
#include "core/channel/temporary_folder.hpp"
#include "journal.hpp"
#include "settings_schema.hpp"
#include "tokens.hpp"

namespace sluice::control {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json read(const std::string& name)
{
    std::ifstream in(std::string(SLUICE_TEST_VECTORS) + "/schema/" + name);
    return json::parse(in, nullptr, false);
}

/// Everything of `wanted` is in `found`, as it is there. What a later release added may be more.
void expect_holds(const json& found, const json& wanted, const std::string& path)
{
    if (wanted.is_array()) {
        ASSERT_TRUE(found.is_array() && found.size() == wanted.size()) << path;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            expect_holds(found[i], wanted[i], path + "[" + std::to_string(i) + "]");
        }
        return;
    }
    if (!wanted.is_object()) {
        EXPECT_EQ(found, wanted) << path;
        return;
    }
    ASSERT_TRUE(found.is_object()) << path;
    for (const auto& [name, value] : wanted.items()) {
        ASSERT_TRUE(found.contains(name)) << path << "." << name;
        expect_holds(found.at(name), value, path + "." + name);
    }
}

/// A store as each release left it, opened by this one: `tests/vectors/schema/v<version>.json`
/// holds its entries, `v<version>.golden.json` what they have to read as.
class ReleasedStores : public testing::TestWithParam<int> {
protected:
    void SetUp() override
    {
        const auto name = "v" + std::to_string(GetParam());
        fixture_ = read(name + ".json");
        golden_ = read(name + ".golden.json");
        ASSERT_TRUE(fixture_.is_object() && golden_.is_object()) << name;
        {
            auto old = store::LmdbStore::open(folder_ / "control.mdb");
            ASSERT_TRUE(old);
            std::vector<store::Operation> work;
            for (const auto& entry : fixture_.at("entries")) {
                work.push_back(store::put(entry.at(0), entry.at(1).get<std::string>()));
            }
            ASSERT_TRUE((*old)->commit(std::move(work)));
            const auto version = (*old)->get(store::schema::kSchema);
            ASSERT_EQ(json::parse((*version)->value).at("version"), GetParam());
        }
        store_ = std::move(*store::LmdbStore::open(folder_ / "control.mdb"));
    }
    ~ReleasedStores() override { store_.reset(); }

    const channel::TemporaryFolder own_;
    const fs::path folder_ = own_.path();
    json fixture_;
    json golden_;
    std::unique_ptr<store::LmdbStore> store_;
};

TEST_P(ReleasedStores, ItsSchemaIsThisReleases)
{
    const auto version = json::parse((*store_->get(store::schema::kSchema))->value).at("version");
    EXPECT_EQ(version, store::schema::kVersion);
}

TEST_P(ReleasedStores, ItsChannelsReadAsTheyDidAndCanBeChanged)
{
    const auto journal = Journal::open(*store_);
    Channels channels(*store_, *journal, [] { return true; });
    EXPECT_EQ(*channels.size(), golden_.at("channels").size());
    const auto list = channels.list(100, "", "");
    ASSERT_TRUE(list);
    for (const auto& text : list->items) {
        const auto shown = json::parse(text);
        const auto id = shown.at("id").get<std::string>();
        expect_holds(shown, golden_.at("channels").at(id), id);
        EXPECT_EQ(text.find("key\":"), std::string::npos) << text;

        const auto whole = channels.get(id);
        expect_holds(*whole, golden_.at("keys").at(id), id);
        const auto changed = channels.patch(Caller::system("test"), id, {{"name", "changed"}});
        ASSERT_TRUE(changed) << id;
        auto wanted = golden_.at("channels").at(id);
        wanted["name"] = "changed";
        wanted.erase("updated_at");
        expect_holds(*channels.get(id), wanted, id);
        expect_holds(*channels.get(id), golden_.at("keys").at(id), id);
    }
}

TEST_P(ReleasedStores, ItsSettingsAreGood)
{
    const auto stored = json::parse((*store_->get(store::schema::kSettings))->value);
    const auto settings = checked_settings(stored.at("document"));
    ASSERT_TRUE(settings) << settings.error().detail;
    expect_holds(*settings, golden_.at("settings"), "settings");
}

TEST_P(ReleasedStores, ItsTokensAreGood)
{
    LastUse uses(*store_);
    const Tokens tokens(*store_, uses, "the-admin-token");
    const auto caller = tokens.authenticate(fixture_.at("token").get<std::string>());
    ASSERT_TRUE(caller);
    EXPECT_EQ(to_string(caller->scope), golden_.at("token").at("scope"));
    expect_holds(*tokens.get(caller->id), golden_.at("token"), "token");
}

TEST_P(ReleasedStores, ItsEventsAndItsAuditLogGoOn)
{
    const auto journal = Journal::open(*store_);
    ASSERT_TRUE(journal);
    std::size_t known = 0;
    for (const auto& entry : fixture_.at("entries")) {
        const auto key = entry.at(0).get<std::string>();
        if (key == store::schema::kInstallation) {
            EXPECT_EQ((*store_->get(key))->value, entry.at(1));
        }
        if (key.starts_with(store::schema::kEvents)) ++known;
    }
    EXPECT_EQ(journal->after(0, 1000)->size(), known);
}

INSTANTIATE_TEST_SUITE_P(All, ReleasedStores, testing::Range(1, store::schema::kVersion + 1));

}  // namespace
}  // namespace sluice::control
