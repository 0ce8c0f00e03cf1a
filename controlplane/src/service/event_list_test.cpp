#include "event_list.hpp"

#include <gtest/gtest.h>

#include "event_pattern.hpp"
#include "temporary_store.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

TEST(EventListTest, APageHoldsWhatWasAskedForAndTheNextGoesOn)
{
    const TemporaryStore store;
    const auto journal = *Journal::open(*store);
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(journal.record({"stream.started", i % 2 == 0 ? "even" : "odd", i}));
        ASSERT_TRUE(journal.record({"config.applied", "", i}));
    }
    EventQuery query{.limit = 3, .channel = "odd", .type = "stream.*", .scope = Scope::admin};
    std::vector<int> seen;
    while (true) {
        const auto page = *list_events(journal, query);
        for (const auto& item : page["items"]) seen.push_back(item["ts_ms"]);
        if (page["next_cursor"].is_null()) break;
        query.after = std::stoull(page["next_cursor"].get<std::string>());
    }
    EXPECT_EQ(seen, (std::vector<int>{1, 3, 5, 7, 9}));
}

TEST(EventListTest, AViewerSeesNoAddressesAndNothingOfTheSystem)
{
    const json started{{"type", "stream.started"},
                       {"channel", "a"},
                       {"number", 3},
                       {"data", {{"address", "192.0.2.1"}, {"resumed", true}}}};
    auto wanted = started;
    wanted["data"] = {{"resumed", true}};
    EXPECT_EQ(shown_to(Scope::viewer, started), wanted);
    EXPECT_EQ(shown_to(Scope::operator_, started), started);
    for (const auto* type : {"stream.rejected", "config.applied", "events.lost", "webhook.test"}) {
        EXPECT_TRUE(shown_to(Scope::viewer, {{"type", type}}).is_null()) << type;
    }
}

TEST(EventPatternTest, APatternNamesATypeAKindOrAll)
{
    EXPECT_TRUE(matches("*", "stream.started"));
    EXPECT_TRUE(matches("stream.*", "stream.started"));
    EXPECT_TRUE(matches("stream.started", "stream.started"));
    EXPECT_FALSE(matches("stream.*", "streams.x"));
    EXPECT_FALSE(matches("stream.started", "stream.started2"));
    for (const auto* good : {"*", "stream.*", "stream.started", "x.y_2"}) {
        EXPECT_FALSE(formats::event_pattern(good)) << good;
    }
    for (const auto* bad :
         {"", "stream", "*.started", "stream.", ".*", "a.b.c", "Stream.*", "a.**"}) {
        EXPECT_TRUE(formats::event_pattern(bad)) << bad;
    }
}

}  // namespace
}  // namespace sluice::control
