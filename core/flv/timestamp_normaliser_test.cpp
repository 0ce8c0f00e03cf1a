#include "core/flv/timestamp_normaliser.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <vector>

namespace sluice::flv {
namespace {

constexpr auto kA = TagType::audio;
constexpr auto kV = TagType::video;

struct Step {
    TagType track;
    std::uint32_t in;
    std::int64_t mono;
    std::int64_t out;
    bool discontinuity = false;
};

struct Case {
    const char* name;
    std::vector<Step> steps;
};

void run(const Case& c, NormaliserState state = {})
{
    SCOPED_TRACE(c.name);
    TimestampNormaliser normaliser(state);
    for (std::size_t i = 0; i < c.steps.size(); ++i) {
        const auto& step = c.steps[i];
        const auto got = normaliser.push(step.track, step.in, step.mono);
        EXPECT_EQ(got.dts_ms, step.out) << "step " << i;
        EXPECT_EQ(got.discontinuity, step.discontinuity) << "step " << i;
    }
}

TEST(TimestampNormaliser, PassesOrdinaryTimeUnchanged)
{
    run({"the first input is the first output", {{kV, 7000, 0, 7000}, {kV, 7040, 40, 7040}}});
    run({"tracks that are interleaved",
         {{kV, 0, 0, 0}, {kA, 0, 0, 0}, {kA, 21, 20, 21}, {kV, 33, 33, 33}, {kA, 43, 40, 43}}});
    run({"uneven steps", {{kV, 0, 0, 0}, {kV, 16, 30, 16}, {kV, 50, 60, 50}, {kV, 50, 60, 50}}});
    run({"a file that is sent faster than it plays",
         {{kV, 0, 0, 0}, {kV, 2500, 1, 2500}, {kV, 5000, 2, 5000}, {kV, 7500, 3, 7500}}});
    run({"a burst after a stall", {{kV, 0, 0, 0}, {kV, 40, 5000, 40}, {kV, 80, 5000, 80}}});
}

TEST(TimestampNormaliser, HoldsATrackThatIsSlightlyBehindAtTheNewestOutput)
{
    run({"sound that comes late",
         {{kV, 1000, 0, 1000}, {kA, 960, 5, 1000}, {kA, 981, 6, 1000}, {kA, 1002, 7, 1002}}});
    run({"a second back within a track",
         {{kV, 5000, 0, 5000}, {kV, 4000, 40, 5000}, {kV, 5040, 80, 5040}}});
}

TEST(TimestampNormaliser, KeepsAPauseThatTheArrivalClockConfirms)
{
    run({"a pause of a minute",
         {{kV, 0, 0, 0}, {kV, 60000, 59500, 60000}, {kV, 60040, 59540, 60040}}});
    run({"3 s ahead of arrival is still no jump", {{kV, 0, 0, 0}, {kV, 3000, 0, 3000}}});
}

TEST(TimestampNormaliser, WrapsSeamlesslyAtTwoToThe32)
{
    run({"both tracks",
         {{kV, 0xfffffff0, 0, 0xfffffff0},
          {kA, 0xfffffffa, 10, 0xfffffffa},
          {kV, 24, 40, 0x100000018},
          {kA, 0xfffffffe, 41, 0x100000018},
          {kA, 30, 50, 0x10000001e}}});
    run({"a track that begins after the wrap",
         {{kV, 0xfffffff0, 0, 0xfffffff0}, {kA, 4, 1, 0x100000004}}});
}

TEST(TimestampNormaliser, GoesOnWhereItWasAfterAJump)
{
    run({"forward by an hour",
         {{kV, 0, 0, 0}, {kV, 40, 40, 40}, {kV, 3600080, 80, 80, true}, {kV, 3600120, 120, 120}}});
    run({"reset to zero",
         {{kV, 90000, 0, 90000},
          {kV, 90040, 40, 90040},
          {kV, 0, 80, 90080, true},
          {kV, 40, 120, 90120}}});
    run({"wrap at 24 bits by a broken encoder",
         {{kV, 0xfffff0, 0, 0xfffff0}, {kV, 0, 16, 0x1000000, true}, {kV, 16, 32, 0x1000010}}});
    run({"the step is at least what frames had",
         {{kV, 0, 0, 0}, {kV, 500, 500, 500}, {kV, 90000, 510, 1000, true}}});
    run({"the gap is at most a second",
         {{kV, 9000, 0, 9000}, {kV, 9040, 40, 9040}, {kV, 0, 20040, 10040, true}}});
    run({"half the jump was a pause",
         {{kV, 0, 0, 0}, {kV, 60000, 30000, 1000, true}, {kV, 60040, 30040, 1040}}});
}

TEST(TimestampNormaliser, LetsTheSecondTrackJoinTheFirstOnesJump)
{
    run({"both reset, sound 20 ms behind the picture",
         {{kV, 50000, 0, 50000},
          {kA, 50000, 0, 50000},
          {kV, 50040, 40, 50040},
          {kA, 50021, 41, 50040},
          {kA, 50042, 42, 50042},
          {kV, 0, 80, 50080, true},
          {kA, 50063, 81, 50080},
          {kA, 5, 85, 50085},
          {kV, 40, 120, 50120},
          {kA, 47, 125, 50127}}});
    run({"both leap forward",
         {{kA, 1000, 0, 1000},
          {kV, 1000, 0, 1000},
          {kA, 1020, 20, 1020},
          {kA, 901020, 40, 1040, true},
          {kV, 901030, 41, 1050},
          {kA, 901040, 60, 1060}}});
    run({"a jump of half the number range",
         {{kV, 1000, 0, 1000},
          {kA, 1010, 10, 1010},
          {kV, 1040, 40, 1040},
          {kV, 0x80000000 + 1060, 80, 1080, true},
          {kA, 0x80000000 + 1066, 86, 1086}}});
    run({"one track's jump is just under the limit",
         {{kV, 10000, 0, 10000},
          {kA, 10010, 10, 10010},
          {kV, 10040, 40, 10040},
          {kA, 10031, 41, 10040},
          {kV, 8800, 80, 10080, true},
          {kA, 9040, 90, 10320},
          {kV, 9080, 360, 10360}}});
}

TEST(TimestampNormaliser, TakesASingleWildTimestampBackWithoutLosingSync)
{
    run({"one frame an hour ahead",
         {{kV, 0, 0, 0},
          {kA, 0, 0, 0},
          {kV, 40, 40, 40},
          {kA, 40, 41, 40},
          {kV, 3600080, 80, 80, true},
          {kA, 80, 81, 80},
          {kV, 120, 120, 120},
          {kA, 120, 121, 120}}});
}

TEST(TimestampNormaliser, LinesUpTracksWithUnrelatedClocksByArrival)
{
    run({"sound starts an hour ahead",
         {{kV, 0, 0, 0},
          {kV, 40, 40, 40},
          {kA, 3600000, 50, 40},
          {kA, 3600021, 71, 61},
          {kV, 80, 80, 80}}});
}

TEST(TimestampNormaliser, NoticesManySmallStepsBack)
{
    NormaliserState state;
    TimestampNormaliser normaliser(state);
    std::int64_t mono = 0;
    int discontinuities = 0;
    normaliser.push(kV, 100000, mono);
    for (std::uint32_t in = 99100; in > 90000; in -= 900) {
        mono += 40;
        discontinuities += normaliser.push(kV, in, mono).discontinuity ? 1 : 0;
    }
    EXPECT_GE(discontinuities, 4);
    EXPECT_GT(normaliser.last_ms(), 100000);
}

TEST(TimestampNormaliser, BeginsWhereItIsTold)
{
    NormaliserState state;
    TimestampNormaliser normaliser(state);
    normaliser.begin_at(0);
    EXPECT_EQ(normaliser.push(kV, 4000000000, 0).dts_ms, 0);
    EXPECT_EQ(normaliser.push(kA, 4000000010, 10).dts_ms, 10);

    normaliser.begin_at(5000);
    EXPECT_EQ(normaliser.last_ms(), 5000);
    const auto first = normaliser.push(kA, 77, 900);
    EXPECT_EQ(first.dts_ms, 5000);
    EXPECT_FALSE(first.discontinuity);
    EXPECT_EQ(normaliser.push(kV, 90, 910).dts_ms, 5013);
}

TEST(TimestampNormaliser, GivesScriptTagsTheNewestOutputAndForgetsThem)
{
    run({"metadata in between",
         {{kV, 500, 0, 500}, {TagType::script, 0, 10, 500}, {kV, 540, 40, 540}}});
}

TEST(TimestampNormaliser, GoesOnFromACopyOfItsState)
{
    NormaliserState state;
    TimestampNormaliser(state).push(kV, 9000, 0);
    NormaliserState copy = state;
    EXPECT_EQ(TimestampNormaliser(copy).push(kV, 9040, 40).dts_ms, 9040);
    EXPECT_EQ(TimestampNormaliser(copy).push(kV, 0, 80).dts_ms, 9080);
}

/// An encoder that misbehaves now and then, on both tracks at once or on one.
class WildEncoder {
public:
    explicit WildEncoder(std::uint32_t seed) : random_(seed) {}

    Step next()
    {
        if (pick(200) == 0)
            clock_ += static_cast<std::uint32_t>(pick(4) == 0 ? pick(1U << 31) : pick(20000));
        if (pick(200) == 0) clock_ -= static_cast<std::uint32_t>(pick(20000));
        if (pick(300) == 0) mono_ += static_cast<std::int64_t>(pick(10000));
        clock_ += 10 + static_cast<std::uint32_t>(pick(20));
        mono_ += 20;
        const auto stray = pick(500) == 0 ? static_cast<std::uint32_t>(pick(1U << 31)) : 0;
        return {pick(2) == 0 ? kA : kV, clock_ + stray, mono_, 0};
    }

private:
    std::uint64_t pick(std::uint64_t below) { return random_() % below; }

    std::mt19937 random_;
    std::uint32_t clock_ = 4294900000;
    std::int64_t mono_ = 0;
};

TEST(TimestampNormaliser, NeverFallsAndNeverLeapsWhateverComesIn)
{
    for (std::uint32_t seed = 1; seed <= 50; ++seed) {
        SCOPED_TRACE(seed);
        NormaliserState state;
        TimestampNormaliser normaliser(state);
        WildEncoder encoder(seed);
        auto step = encoder.next();
        auto last = normaliser.push(step.track, step.in, step.mono).dts_ms;
        std::int64_t heard[2]{step.mono, step.mono};
        for (int i = 0; i < 5000; ++i) {
            step = encoder.next();
            auto& before = heard[step.track == kA ? 0 : 1];
            const auto out = normaliser.push(step.track, step.in, step.mono).dts_ms;
            ASSERT_GE(out, last) << i;
            ASSERT_LE(out - last, step.mono - before + 3000) << i;
            before = step.mono;
            last = out;
        }
    }
}

TEST(TimestampNormaliser, HasBothTracksOnOneMappingSoonAfterEveryCommonJump)
{
    std::mt19937 random(7);
    for (int round = 0; round < 200; ++round) {
        SCOPED_TRACE(round);
        NormaliserState state;
        TimestampNormaliser normaliser(state);
        std::uint32_t clock = random();
        std::int64_t mono = 0;
        const auto run_for = [&](int frames) {
            for (int i = 0; i < frames; ++i, mono += 10, clock += 10) {
                normaliser.push(i % 2 == 0 ? kV : kA, clock, mono);
            }
        };
        run_for(100);
        clock += 4000 + random() % 0xfffff000U;
        run_for(40);
        const auto audio = state.audio.in_ms + state.audio.offset_ms;
        const auto video = state.video.in_ms + state.video.offset_ms;
        EXPECT_EQ(std::abs(audio - video), 10);
    }
}

TEST(TimestampNormaliser, KeepsExactDifferencesForADayOfOrdinaryFrames)
{
    NormaliserState state;
    TimestampNormaliser normaliser(state);
    const std::uint32_t start = 0xfffff000;
    for (std::int64_t t = 0; t < 24 * 3600 * 1000LL; t += 40) {
        const auto out = normaliser.push(kV, start + static_cast<std::uint32_t>(t), t);
        ASSERT_EQ(out.dts_ms, std::int64_t{start} + t);
    }
}

}  // namespace
}  // namespace sluice::flv
