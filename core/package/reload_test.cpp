#include "reload.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace sluice::package {
namespace {

struct Query {
    const char* name;
    const char* text;
    bool good = true;
    std::optional<std::uint64_t> sequence;
    std::optional<std::uint64_t> part;
    bool skip = false;
};

class ParseReload : public testing::TestWithParam<Query> {};

TEST_P(ParseReload, TakesDeliveryDirectivesAlone)
{
    const auto& query = GetParam();
    const auto reload = parse_reload(query.text);
    ASSERT_EQ(reload.has_value(), query.good);
    if (!reload) return;
    EXPECT_EQ(reload->sequence, query.sequence);
    EXPECT_EQ(reload->part, query.part);
    EXPECT_EQ(reload->skip, query.skip);
}

INSTANTIATE_TEST_SUITE_P(
    ReloadTest, ParseReload,
    testing::Values(
        Query{.name = "Nothing", .text = ""}, Query{.name = "Others", .text = "sign=abc&x=1"},
        Query{.name = "Sequence", .text = "_HLS_msn=12", .sequence = 12},
        Query{.name = "Part", .text = "_HLS_msn=12&_HLS_part=3", .sequence = 12, .part = 3},
        Query{.name = "AnyOrder", .text = "_HLS_part=0&x&_HLS_msn=0", .sequence = 0, .part = 0},
        Query{.name = "Skip", .text = "_HLS_skip=YES", .skip = true},
        Query{.name = "SkipRanges", .text = "_HLS_skip=v2&_HLS_msn=1", .sequence = 1, .skip = true},
        Query{.name = "SkipNot", .text = "_HLS_skip=no"},
        Query{.name = "Largest",
              .text = "_HLS_msn=18446744073709551615",
              .sequence = 18'446'744'073'709'551'615ULL},
        Query{.name = "TooLarge", .text = "_HLS_msn=18446744073709551616", .good = false},
        Query{.name = "PartAlone", .text = "_HLS_part=3", .good = false},
        Query{.name = "Empty", .text = "_HLS_msn=", .good = false},
        Query{.name = "Negative", .text = "_HLS_msn=-1", .good = false},
        Query{.name = "Plus", .text = "_HLS_msn=+1", .good = false},
        Query{.name = "Space", .text = "_HLS_msn= 1", .good = false},
        Query{.name = "Fraction", .text = "_HLS_msn=1.5", .good = false},
        Query{.name = "PartNoNumber", .text = "_HLS_msn=1&_HLS_part=x", .good = false}),
    [](const auto& test) { return test.param.name; });

/// Segments 100 to 102; the newest is open and has four parts of 200 ms, the others ten.
std::unique_ptr<Window> open_window()
{
    auto window = std::make_unique<Window>();
    window->end_period = 1;
    window->period[0].video = {.timescale = 90'000, .part_target_us = 200'000};
    auto& lane = window->of(Lane::video);
    lane.first = 100;
    lane.end = 103;
    lane.parts = 24;
    for (std::uint64_t i = 100; i < 103; ++i) {
        lane.at(i) = {.sequence = i,
                      .first_part = (i - 100) * 10,
                      .parts = i == 102 ? 4U : 10U,
                      .bytes = 1000,
                      .complete = i != 102};
    }
    return window;
}

struct Asked {
    const char* name;
    std::uint64_t sequence;
    std::optional<std::uint64_t> part;
    Wait while_open;      ///< 102 is open
    Wait while_complete;  ///< 102 is complete, and nothing begun behind it
};

class WaitFor : public testing::TestWithParam<Asked> {};

TEST_P(WaitFor, WhatIsOnItsWay)
{
    const auto& asked = GetParam();
    const Reload reload{.sequence = asked.sequence, .part = asked.part};
    const auto window = open_window();
    EXPECT_EQ(wait_for(*window, Lane::video, reload), asked.while_open);
    window->of(Lane::video).at(102).complete = true;
    EXPECT_EQ(wait_for(*window, Lane::video, reload), asked.while_complete);
}

INSTANTIATE_TEST_SUITE_P(
    ReloadTest, WaitFor,
    testing::Values(
        Asked{"LongGone", 1, {}, Wait::no, Wait::no}, Asked{"Listed", 101, {}, Wait::no, Wait::no},
        Asked{"PartOfListed", 101, 9, Wait::no, Wait::no},
        Asked{"Open", 102, {}, Wait::yes, Wait::no},
        Asked{"PartThatIsThere", 102, 3, Wait::no, Wait::no},
        // A part behind the last one of a segment is the first one of the next (6.2.5.2).
        Asked{"PartBehindTheLast", 101, 10, Wait::no, Wait::no},
        Asked{"NextPart", 102, 4, Wait::yes, Wait::yes},
        Asked{"LaterPart", 102, 18, Wait::yes, Wait::yes},
        Asked{"PartFarAhead", 102, 19, Wait::absurd, Wait::yes},
        Asked{"Next", 103, {}, Wait::yes, Wait::yes},
        Asked{"PartOfNext", 103, 0, Wait::yes, Wait::yes},
        Asked{"TwoAhead", 104, {}, Wait::yes, Wait::yes},
        Asked{"ThreeAhead", 105, {}, Wait::absurd, Wait::absurd},
        Asked{"Absurd", ~0ULL, 0, Wait::absurd, Wait::absurd}),
    [](const auto& test) { return test.param.name; });

TEST(ReloadTest, ThePartBehindTheLastOneIsTheFirstOfTheNextSegment)
{
    const auto window = open_window();
    auto& open = window->of(Lane::video).at(102);
    open.parts = 0;
    EXPECT_EQ(wait_for(*window, Lane::video, {.sequence = 101, .part = 10}), Wait::yes);
    open.parts = 1;
    EXPECT_EQ(wait_for(*window, Lane::video, {.sequence = 101, .part = 10}), Wait::no);
}

TEST(ReloadTest, WithoutANumberNothingIsWaitedFor)
{
    const auto window = open_window();
    EXPECT_EQ(wait_for(*window, Lane::video, {}), Wait::no);
    EXPECT_EQ(wait_for(*window, Lane::video, {.skip = true}), Wait::no);
    EXPECT_EQ(wait_for(*window, Lane::audio, {}), Wait::no);
    EXPECT_EQ(wait_for(*window, Lane::audio, {.sequence = 1}), Wait::yes) << "nothing yet";
}

TEST(ReloadTest, APartIsWaitedForWhenAPreloadHintMayHaveNamedIt)
{
    const auto window = open_window();
    const auto wait = [&](std::uint64_t sequence, std::uint64_t part) {
        return wait_for_part(*window, Lane::video, sequence, part);
    };
    EXPECT_EQ(wait(101, 9), Wait::no);
    EXPECT_EQ(wait(101, 10), Wait::absurd);
    EXPECT_EQ(wait(102, 3), Wait::no);
    EXPECT_EQ(wait(102, 4), Wait::yes);
    EXPECT_EQ(wait(102, 5), Wait::absurd);
    EXPECT_EQ(wait(103, 0), Wait::yes);
    EXPECT_EQ(wait(103, 1), Wait::absurd);
    EXPECT_EQ(wait(104, 0), Wait::absurd);
    EXPECT_EQ(wait(99, 0), Wait::absurd);
    EXPECT_EQ(wait_for_part(*window, Lane::audio, 0, 0), Wait::absurd);
}

TEST(ReloadTest, WhoWaitsIsLookedAtWhenHisPartIsThereOrWillNeverBe)
{
    using What = Awaited::What;
    const auto window = open_window();
    const auto waits = [&](const Awaited& awaited) { return still_awaited(*window, awaited); };
    const Awaited whole{What::playlist, Lane::video, 102, {}};
    const Awaited listed{What::playlist, Lane::video, 102, 4};
    const Awaited later{What::playlist, Lane::video, 102, 5};
    const Awaited hinted{What::part, Lane::video, 102, 4};
    for (const auto& one : {whole, listed, later, hinted}) EXPECT_TRUE(waits(one));
    EXPECT_FALSE(waits({})) << "whatever is new";

    auto& open = window->of(Lane::video).at(102);
    open.parts = 5;
    EXPECT_TRUE(waits(whole));
    EXPECT_FALSE(waits(listed));
    EXPECT_TRUE(waits(later));
    EXPECT_FALSE(waits(hinted));

    open.complete = true;
    EXPECT_FALSE(waits(whole));
    EXPECT_TRUE(waits(later)) << "the first part of the next segment";
    EXPECT_FALSE(waits({What::part, Lane::video, 102, 5})) << "the hint was wrong";
}

TEST(WindowTest, APeriodIsFoundByItsIdWhileItHasSegments)
{
    const auto window = open_window();
    window->first_period = 3;
    window->end_period = 5;
    window->period_at(2).id = 90;
    window->period_at(3).id = 100;
    window->period_at(4).id = 102;
    EXPECT_EQ(find_period(*window, 102), &window->period_at(4));
    EXPECT_EQ(find_period(*window, 100), &window->period_at(3));
    EXPECT_EQ(find_period(*window, 90), nullptr);
    EXPECT_EQ(find_period(*window, 101), nullptr);
}

}  // namespace
}  // namespace sluice::package
