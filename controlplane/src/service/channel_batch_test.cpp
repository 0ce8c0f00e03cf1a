#include "channel_batch.hpp"

#include <gtest/gtest.h>

#include <string>

#include "../store/schema.hpp"
#include "channel_schema.hpp"
#include "temporary_store.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

const auto kTester = Caller::system("test");

class ChannelBatchTest : public testing::Test {
protected:
    Result<BatchDone> run(const json& operations, const std::optional<OnceOnly>& once = {})
    {
        return run_batch(channels_, kTester, {{"operations", operations}}, once);
    }

    Error refused(const json& operations)
    {
        const auto revision = *store_->revision();
        const auto done = run(operations);
        EXPECT_FALSE(done);
        EXPECT_EQ(*store_->revision(), revision) << "something was changed";
        return done ? Error{} : done.error();
    }

    std::size_t entries(std::string_view prefix)
    {
        return store_->list(prefix, "", 1000)->items.size();
    }

    TemporaryStore store_;
    int applied_ = 0;
    Journal journal_ = *Journal::open(*store_);
    Channels channels_{*store_, journal_, [this] { return ++applied_ > 0; }};
};

TEST_F(ChannelBatchTest, AllOperationsAreOneChange)
{
    ASSERT_TRUE(channels_.create(kTester, {{"id", "old"}}));
    ASSERT_TRUE(channels_.create(kTester, {{"id", "gone"}}));
    const auto version = channels_.get("old")->at("version");
    const auto revision = *store_->revision();
    applied_ = 0;
    const auto done = run(json::parse(R"([
        {"method": "create", "id": "new", "body": {"name": "n"}},
        {"method": "patch", "id": "old", "body": {"name": "o"}},
        {"method": "delete", "id": "gone"}])"));
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_EQ(*store_->revision(), revision + 1);
    EXPECT_EQ(applied_, 1);
    EXPECT_EQ(done->items,
              json({{{"method", "create"}, {"id", "new"}, {"version", revision + 1}},
                    {{"method", "patch"}, {"id", "old"}, {"version", version.get<int>() + 1}},
                    {{"method", "delete"}, {"id", "gone"}, {"version", nullptr}}}));
    EXPECT_EQ(channels_.get("new")->at("name"), "n");
    EXPECT_EQ(channels_.get("old")->at("name"), "o");
    EXPECT_FALSE(channels_.get("gone"));
    EXPECT_EQ(entries(store::schema::kAudit), 5U);
    EXPECT_EQ(journal_.after(0, 100)->size(), 5U);
}

TEST_F(ChannelBatchTest, OneWrongOperationKeepsAllFromBeingDoneAndIsNamed)
{
    ASSERT_TRUE(channels_.create(kTester, {{"id", "a"}}));
    const auto error = refused(json::parse(R"([
        {"method": "create", "id": "b"},
        {"method": "patch", "id": "a", "body": {"packaging": {"segment_s": 99}}}])"));
    EXPECT_EQ(error.code, Errc::invalid);
    ASSERT_EQ(error.fields.size(), 1U);
    EXPECT_EQ(error.fields[0].field, "operations[1].body.packaging.segment_s");
    EXPECT_FALSE(channels_.get("b"));
}

TEST_F(ChannelBatchTest, EveryKindOfMistakeIsNamedByItsOperation)
{
    ASSERT_TRUE(channels_.create(kTester, {{"id", "a"}}));
    const std::vector<std::tuple<const char*, Errc, const char*>> cases{
        {R"([{"method": "patch", "id": "nobody"}])", Errc::not_found, "operations[0]"},
        {R"([{"method": "create", "id": "a"}])", Errc::conflict, "operations[0].id"},
        {R"([{"method": "delete", "id": "a", "if_match": 999999}])", Errc::precondition,
         "operations[0]"},
        {R"([{"method": "kick", "id": "a"}])", Errc::invalid, "operations[0].method"},
        {R"([{"id": "a"}])", Errc::invalid, "operations[0].method"},
        {R"([{"method": "delete"}])", Errc::invalid, "operations[0].id"},
        {R"([{"method": "delete", "id": "a", "body": {}}])", Errc::invalid, "operations[0].body"},
        {R"([{"method": "put", "id": "a", "body": []}])", Errc::malformed, "operations[0].body"},
        {R"([{"method": "create", "id": "x", "body": {"id": "y"}}])", Errc::invalid,
         "operations[0].body.id"},
        {R"([{"method": "create", "id": "x", "if_match": 1}])", Errc::invalid,
         "operations[0].if_match"},
        {R"([{"method": "patch", "id": "a"}, {"method": "delete", "id": "a"}])", Errc::invalid,
         "operations[1].id"},
        {R"([7])", Errc::malformed, "operations[0].body"},
        {R"([])", Errc::invalid, "operations"},
        {R"({})", Errc::malformed, "operations"},
    };
    for (const auto& [operations, code, field] : cases) {
        const auto error = refused(json::parse(operations));
        EXPECT_EQ(error.code, code) << operations;
        ASSERT_FALSE(error.fields.empty()) << operations;
        EXPECT_EQ(error.fields[0].field, field) << operations;
    }
    EXPECT_EQ(refused(json(101, {{"method", "create"}})).code, Errc::invalid);
    const auto mixed = refused(
        json::parse(R"([{"method": "patch", "id": "nobody"}, {"method": "create", "id": "a"}])"));
    EXPECT_EQ(mixed.code, Errc::invalid);
    EXPECT_EQ(mixed.fields.size(), 2U);
}

TEST_F(ChannelBatchTest, ARepeatedBatchIsAnsweredAgainWithTheSameVersions)
{
    const OnceOnly once{"me", "key", "hash"};
    const json operations{{{"method", "create"}}, {{"method", "create"}, {"id", "b"}}};
    const auto first = run(operations, once);
    ASSERT_TRUE(first);
    const auto again = run(operations, once);
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->replayed);
    EXPECT_EQ(again->items, first->items);
    EXPECT_EQ(*channels_.size(), 2U);
}

TEST_F(ChannelBatchTest, AHundredOperationsFitIntoOneBatch)
{
    json operations = json::array();
    for (int i = 0; i < 100; ++i) operations.push_back({{"method", "create"}});
    ASSERT_TRUE(run(operations));
    EXPECT_EQ(*channels_.size(), 100U);
}

}  // namespace
}  // namespace sluice::control
