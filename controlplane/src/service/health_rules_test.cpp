#include "health_rules.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sluice::control {
namespace {

using nlohmann::json;

/// One sample per second; what each of them changes: "+rule", "-rule".
std::string changes_of(const std::vector<HealthChange>& changes)
{
    std::string text;
    for (const auto& change : changes) {
        text += (text.empty() ? "" : " ") + std::string(change.degraded ? "+" : "-");
        text += name_of(change.rule);
    }
    return text;
}

struct Course {
    const char* name;
    HealthRule rule;
    double threshold;
    std::vector<std::optional<double>> values;  ///< one per second
    std::vector<std::string> changes;           ///< with the second: "3+bitrate"
};

void PrintTo(const Course& course, std::ostream* out)
{
    *out << course.name;
}

class Courses : public testing::TestWithParam<Course> {};

TEST_P(Courses, GiveTheChangesThatTheyShould)
{
    const auto& course = GetParam();
    HealthLimits limits{.for_ms = 3000};
    limits.thresholds.at(static_cast<std::size_t>(course.rule)) = course.threshold;
    StreamHealth health;
    std::vector<std::string> seen;
    for (std::size_t second = 0; second < course.values.size(); ++second) {
        HealthSample sample{.session = 1};
        sample.values.at(static_cast<std::size_t>(course.rule)) = course.values[second];
        const auto text = changes_of(
            health.judge(limits, sample, 100'000 + 1000 * static_cast<std::int64_t>(second)));
        if (!text.empty()) seen.push_back(std::to_string(second) + text);
    }
    EXPECT_EQ(seen, course.changes);
}

constexpr auto kNone = std::nullopt;

INSTANTIATE_TEST_SUITE_P(
    Of, Courses,
    testing::Values(
        Course{"good", HealthRule::bitrate, 500, {600, 600, 600, 600, 600}, {}},
        Course{"at the threshold", HealthRule::bitrate, 500, {500, 500, 500, 500, 500}, {}},
        Course{"too low", HealthRule::bitrate, 500, {0, 1, 2, 3, 4, 5}, {"3+bitrate"}},
        Course{"a dip", HealthRule::bitrate, 500, {600, 0, 0, 600, 0, 0, 600}, {}},
        Course{"low, then good",
               HealthRule::fps,
               20,
               {5, 5, 5, 5, 25, 25, 25, 25, 25},
               {"3+fps", "7-fps"}},
        Course{"low, flickering, then good",
               HealthRule::fps,
               20,
               {5, 5, 5, 5, 25, 25, 5, 25, 25, 25, 25},
               {"3+fps", "10-fps"}},
        Course{"key frames late",
               HealthRule::keyframe_interval,
               10,
               {9, 10, 11, 12, 13, 14, 2, 2, 2, 2},
               {"5+keyframe_interval", "9-keyframe_interval"}},
        Course{"audio behind",
               HealthRule::av_drift,
               1000,
               {-1200, -1200, -1200, -1200},
               {"3+av_drift"}},
        Course{"audio ahead", HealthRule::av_drift, 1000, {1200, 1200, 1200, 1200}, {"3+av_drift"}},
        Course{"silent", HealthRule::silence, 2, {0, 1, 2, 3, 4, 5, 6, 7}, {"6+silence"}},
        Course{"unknown while ok", HealthRule::silence, 2, {kNone, kNone, kNone, kNone, kNone}, {}},
        Course{"unknown while turning starts anew",
               HealthRule::fps,
               20,
               {5, 5, kNone, 5, 5, 5, 5},
               {"6+fps"}},
        Course{"unknown while degraded stays so",
               HealthRule::fps,
               20,
               {5, 5, 5, 5, kNone, kNone, kNone, kNone, 5, 5, 5, 5},
               {"3+fps"}}));

class Health : public testing::Test {
protected:
    std::string fps(double value, std::int64_t at_ms, std::int64_t session = 1)
    {
        HealthSample sample{.session = session};
        sample.values[1] = value;
        return changes_of(health.judge(limits, sample, at_ms));
    }

    HealthLimits limits{.thresholds = {kNone, 20.0}, .for_ms = 3000};
    StreamHealth health;
};

TEST_F(Health, APauseOfTheSamplesProvesNothing)
{
    EXPECT_EQ(fps(5, 1000), "");
    EXPECT_EQ(fps(5, 60'000), "") << "good or bad between: nobody knows";
    EXPECT_EQ(fps(5, 63'000), "+fps");
    EXPECT_EQ(fps(25, 64'000), "");
    EXPECT_EQ(fps(25, 90'000), "");
    EXPECT_EQ(fps(25, 93'000), "-fps");
}

TEST_F(Health, AnotherPublisherStartsAnew)
{
    EXPECT_EQ(fps(5, 1000), "");
    EXPECT_EQ(fps(5, 3000, 2), "");
    EXPECT_EQ(fps(5, 4000, 2), "");
    EXPECT_EQ(fps(5, 6000, 2), "+fps");
}

TEST_F(Health, ARuleThatWasTakenAwayIsBrokenNoMore)
{
    limits.for_ms = 0;
    EXPECT_EQ(fps(5, 1000), "+fps");
    limits.thresholds = {};
    EXPECT_EQ(fps(5, 2000), "-fps");
    EXPECT_EQ(fps(5, 3000), "");
}

TEST_F(Health, ABreachSaysHowBadItIsNowAndSinceWhen)
{
    for (std::int64_t at = 1000; at <= 6000; at += 1000) fps(static_cast<double>(at) / 1000, at);
    const auto breaches = health.breaches();
    ASSERT_EQ(breaches.size(), 1U);
    EXPECT_EQ(breaches[0].rule, HealthRule::fps);
    EXPECT_EQ(breaches[0].value, 6);
    EXPECT_EQ(breaches[0].threshold, 20);
    EXPECT_EQ(breaches[0].since_ms, 1000);
}

json stream()
{
    return {{"publisher", {{"connected_at_ms", 1'000'000}}},
            {"video", {{"fps", 25.0}, {"bitrate_bps", 2'000'000}}},
            {"audio", {{"bitrate_bps", 128'000}}},
            {"keyframe_interval_ms", 2000},
            {"av_drift_ms", -30},
            {"silence_ms", 0}};
}

TEST(HealthSampleOf, AStreamHasEveryNumber)
{
    const auto sample = sample_of(stream(), 1'010'000);
    const HealthNumbers wanted{2128, 25, 2, -30, 0};
    EXPECT_EQ(sample.values, wanted);
    EXPECT_EQ(sample.session, 1'000'000);
}

TEST(HealthSampleOf, RatesAreUnknownAtTheStart)
{
    const auto sample = sample_of(stream(), 1'003'000);
    const HealthNumbers wanted{kNone, kNone, 2, -30, 0};
    EXPECT_EQ(sample.values, wanted);
}

TEST(HealthSampleOf, WhatIsAbsentOrOddIsUnknown)
{
    for (const auto* text : {R"({})", R"({"publisher":null,"video":null,"audio":null})",
                             R"({"video":7,"silence_ms":"x","av_drift_ms":null})"}) {
        EXPECT_EQ(sample_of(json::parse(text), 1'000'000).values, HealthNumbers{}) << text;
    }
}

TEST(HealthLimitsOf, AChannelOfAnOlderReleaseAsksForNothing)
{
    EXPECT_EQ(limits_of(json::object()).thresholds, HealthNumbers{});
    const auto limits =
        limits_of({{"health", {{"min_fps", 20}, {"max_silence_s", nullptr}, {"for_s", 2}}}});
    const HealthNumbers wanted{kNone, 20, kNone, kNone, kNone};
    EXPECT_EQ(limits.thresholds, wanted);
    EXPECT_EQ(limits.for_ms, 2000);
}

}  // namespace
}  // namespace sluice::control
