#include "audit_log.hpp"

#include <gtest/gtest.h>

#include "audit.hpp"
#include "temporary_store.hpp"
#include "timestamp.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

class AuditLogTest : public testing::Test {
protected:
    void add(const std::string& action, const std::string& target, const std::string& name = "ann",
             int times = 1)
    {
        const Caller by{.id = "id of " + name, .kind = Caller::Kind::user, .name = name};
        for (int i = 0; i < times; ++i) {
            const json after{{"n", i}};
            ASSERT_TRUE(store_->commit({audit::entry(by, {action, target, nullptr, after})}));
        }
    }

    std::vector<int> numbers(const AuditLog::Filter& filter, std::size_t limit = 100,
                             std::optional<std::uint64_t> before = {}) const
    {
        const auto page = log_.list(filter, limit, before);
        EXPECT_TRUE(page);
        std::vector<int> found;
        for (const auto& item : page->at("items")) found.push_back(item.at("number"));
        return found;
    }

    TemporaryStore store_;
    AuditLog log_{*store_};
};

TEST_F(AuditLogTest, TheNewestEntryComesFirstAndPagesGoBackInTime)
{
    EXPECT_EQ(*log_.list({}, 2, {}), (json{{"items", json::array()}, {"next_cursor", nullptr}}));
    add("channel.create", "demo", "ann", 5);
    EXPECT_EQ(numbers({}, 2), (std::vector{5, 4}));
    EXPECT_EQ(log_.list({}, 2, {})->at("next_cursor"), "4");
    EXPECT_EQ(numbers({}, 2, 4), (std::vector{3, 2}));
    EXPECT_EQ(log_.list({}, 2, 3)->at("next_cursor"), nullptr);
}

TEST_F(AuditLogTest, EntriesAreFoundByWhoWhatAndWhich)
{
    add("channel.create", "demo");
    add("channel.update", "demo", "bob");
    add("channels.import", "other");
    add("user.update", "demo");
    EXPECT_EQ(numbers({.actor = "ann"}), (std::vector{4, 3, 1}));
    EXPECT_EQ(numbers({.actor = "id of bob"}), (std::vector{2}));
    EXPECT_EQ(numbers({.action = "channel.*"}), (std::vector{2, 1}));
    EXPECT_EQ(numbers({.action = "channel.create"}), (std::vector{1}));
    EXPECT_EQ(numbers({.actor = "ann", .action = "channel.*", .target = "demo"}), (std::vector{1}));
}

TEST_F(AuditLogTest, EntriesAreFoundByTime)
{
    add("channel.create", "demo");
    const auto now = now_s();
    EXPECT_EQ(numbers({.from_s = now - 60, .to_s = now + 60}), (std::vector{1}));
    EXPECT_TRUE(numbers({.from_s = now + 60}).empty());
    EXPECT_TRUE(numbers({.to_s = now - 60}).empty());
}

TEST_F(AuditLogTest, AFilterThatSeldomHoldsGoesOnInTheNextPage)
{
    add("channel.create", "wanted");
    std::vector<store::Operation> batch;
    for (std::size_t i = 0; i < AuditLog::kMaxScan; ++i) {
        batch.push_back(audit::entry(Caller::system("test"), {"x", "y", nullptr, nullptr}));
        if (batch.size() < store::kMaxOperations) continue;
        ASSERT_TRUE(store_->commit(std::exchange(batch, {})));
    }
    const auto first = log_.list({.target = "wanted"}, 10, {});
    EXPECT_TRUE(first->at("items").empty());
    EXPECT_EQ(first->at("next_cursor"), "2");
    EXPECT_EQ(numbers({.target = "wanted"}, 10, 2), (std::vector{1}));
}

TEST_F(AuditLogTest, TheOldestEntriesGoFirstByNumberAndByAge)
{
    add("channel.create", "demo", "ann", 250);
    ASSERT_TRUE(log_.prune(now_s(), 300));
    EXPECT_EQ(numbers({}, 1000).size(), 250U);
    ASSERT_TRUE(log_.prune(now_s(), 20));
    EXPECT_EQ(numbers({}, 1000).size(), 20U);
    EXPECT_EQ(log_.get(230).error().code, Errc::not_found);
    EXPECT_TRUE(log_.get(231));
    ASSERT_TRUE(log_.prune(now_s() + AuditLog::kMaxAgeS + 60));
    EXPECT_TRUE(numbers({}).empty());
    ASSERT_TRUE(log_.prune(now_s()));
}

}  // namespace
}  // namespace sluice::control
