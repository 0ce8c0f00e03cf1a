#include "health_book.hpp"

#include <gtest/gtest.h>

namespace sluice::control {
namespace {

using nlohmann::json;

/// Looks once a second at one stream, `demo`, whose channel asks for 20 frames a second.
class Book : public testing::Test {
protected:
    int look(double fps, const std::string& state = "live", const std::string& boot = "a")
    {
        now_ms += 1000;
        json answer{{"boot", boot}, {"now_ms", now_ms}, {"streams", json::array()}};
        if (state != "gone") {
            answer["streams"].push_back({{"id", "demo"},
                                         {"state", state},
                                         {"publisher", {{"connected_at_ms", 1}}},
                                         {"video", {{"fps", fps}, {"bitrate_bps", 1}}}});
        }
        const auto changes = book.take(
            answer,
            [&](const std::string&) {
                return known ? std::optional(
                                   HealthLimits{.thresholds = {std::nullopt, 20.0}, .for_ms = 2000})
                             : std::nullopt;
            },
            now_ms);
        for (const auto& change : changes) (change.what.degraded ? degraded : recovered)++;
        return static_cast<int>(book.breaches("demo").size());
    }

    void seconds(int count, double fps, const std::string& state = "live",
                 const std::string& boot = "a")
    {
        while (count-- > 0) look(fps, state, boot);
    }

    HealthBook book;
    std::int64_t now_ms = 1'000'000;
    bool known = true;
    int degraded = 0;
    int recovered = 0;
};

TEST_F(Book, ABadStreamIsDegradedOnceAndRecoversOnce)
{
    seconds(10, 5);
    EXPECT_EQ(book.breaches("demo").size(), 1U);
    seconds(10, 25);
    EXPECT_EQ(book.breaches("demo").size(), 0U);
    EXPECT_EQ(degraded, 1);
    EXPECT_EQ(recovered, 1);
}

TEST_F(Book, AStreamThatEndsTakesItsBreachWithIt)
{
    seconds(5, 5);
    EXPECT_EQ(look(0, "gone"), 0);
    EXPECT_EQ(book.size(), 0U);
    EXPECT_EQ(recovered, 0);
}

TEST_F(Book, AnIdleStreamThatIsStillWatchedHasEndedToo)
{
    seconds(5, 5);
    EXPECT_EQ(look(0, "idle"), 0);
    EXPECT_EQ(recovered, 0);
}

TEST_F(Book, APublisherThatReconnectsChangesNothing)
{
    seconds(5, 5);
    seconds(20, 0, "waiting");
    seconds(5, 5);
    EXPECT_EQ(degraded, 1);
    EXPECT_EQ(recovered, 0);
}

TEST_F(Book, AnNginxThatWasDownAndStartsAnewChangesNothing)
{
    seconds(5, 5);
    now_ms += 20'000;  // no answers
    seconds(5, 0, "gone", "b");
    seconds(5, 5, "live", "b");
    EXPECT_EQ(degraded, 1);
    EXPECT_EQ(recovered, 0);
    seconds(5, 25, "live", "b");
    EXPECT_EQ(recovered, 1);
}

TEST_F(Book, AStreamThatDoesNotComeBackToANewNginxIsForgotten)
{
    seconds(5, 5);
    seconds(40, 0, "gone", "b");
    EXPECT_EQ(book.size(), 0U);
    EXPECT_EQ(recovered, 0);
}

TEST_F(Book, AStreamWithoutAChannelIsNotJudged)
{
    known = false;
    seconds(10, 5);
    EXPECT_EQ(degraded, 0);
    EXPECT_EQ(book.size(), 0U);
}

TEST_F(Book, AnOddAnswerIsTakenCalmly)
{
    for (const auto* text :
         {R"({})", R"({"streams":[{}]})", R"({"streams":[{"id":"x","state":"live"}]})"}) {
        EXPECT_TRUE(book.take(
                            json::parse(text), [](const auto&) { return HealthLimits{}; }, 1)
                        .empty())
            << text;
    }
}

}  // namespace
}  // namespace sluice::control
