#include <gtest/gtest.h>

#include "ladder.hpp"
#include "programme_cuts.hpp"
#include "test_stream.hpp"

namespace sluice::package {
namespace {

using test::Publisher;

/// A programme, and a rendition that comes a little later, as from a process.
class RenditionTest : public test::StreamTest {
protected:
    RenditionTest()
    {
        rendition_.name = "demo/ld";
        rendition_.run = 8;
        rendition_.programme = &*rack_;
        rendition_.picture = &test::another_h264();
        publisher_.begin();
        rendition_.begin();
    }

    /// Both go on, the rendition `kDelay` behind.
    void play_to(double end_s)
    {
        for (double at = publisher_.time_s + kStep; at <= end_s + 1e-9; at += kStep) {
            publisher_.play_to(at);
            if (at > kDelay) rendition_.play_to(at - kDelay);
        }
    }

    /// Every segment of the rendition lies under the number and at the time of the programme's.
    void expect_aligned(Lane kind, std::uint64_t at_least) const
    {
        const auto programme = window();
        const auto rendition = test::window_of(*other_);
        const auto& lane = rendition->of(kind);
        std::uint64_t compared = 0;
        for (auto i = lane.first; i < lane.end; ++i) {
            if (!programme->of(kind).holds(i)) continue;
            // Sound is cut at the first frame after the picture's boundary.
            const std::int64_t off = kind == Lane::audio ? 1024 : 0;
            EXPECT_NEAR(lane.at(i).time, programme->of(kind).at(i).time, off) << i;
            const auto& mine = rendition->period_at(lane.at(i).period);
            const auto& its = programme->period_at(programme->of(kind).at(i).period);
            EXPECT_EQ(mine.number, its.number);
            EXPECT_EQ(wall_ms_at(mine, 0), wall_ms_at(its, 0));
            ++compared;
        }
        EXPECT_GE(compared, at_least);
    }

    std::uint64_t gaps(Lane kind) const
    {
        const auto rendition = test::window_of(*other_);
        const auto& lane = rendition->of(kind);
        std::uint64_t count = 0;
        for (auto i = lane.first; i < lane.end; ++i) count += lane.at(i).gap ? 1 : 0;
        return count;
    }

    static constexpr double kDelay = 0.4;
    static constexpr double kStep = 0.2;

    test::SharedRack other_;
    Publisher rendition_{*other_, root_};
};

TEST_F(RenditionTest, SegmentsBeginWhereTheProgrammesDoUnderTheSameNumber)
{
    play_to(13);
    for (const auto kind : {Lane::video, Lane::audio, Lane::transport}) expect_aligned(kind, 5);
    EXPECT_EQ(gaps(Lane::video), 0U);
    EXPECT_EQ(test::window_of(*other_)->transport_target_s, window()->transport_target_s);
}

TEST_F(RenditionTest, OneThatComesLateBeginsWithTheNextWholeSegment)
{
    publisher_.play_to(5);
    rendition_.skip_to(4.5);
    play_to(14);
    expect_aligned(Lane::video, 3);
    const auto now = test::window_of(*other_);
    EXPECT_EQ(now->of(Lane::video).first, window()->of(Lane::video).first + 3);
}

TEST_F(RenditionTest, WhatItMissedIsAGapAndTheNumbersGoOn)
{
    play_to(5);
    publisher_.play_to(10.6);
    rendition_.skip_to(10.2);
    play_to(16);
    for (const auto kind : {Lane::video, Lane::audio, Lane::transport}) {
        expect_aligned(kind, 5);
        EXPECT_EQ(gaps(kind), 3U)
            << "6 to 8, 8 to 10, and 10 to 12, of which the beginning is lost";
    }
}

TEST_F(RenditionTest, WhileNothingComesViewersAreToldOfGaps)
{
    play_to(5);
    publisher_.play_to(12.5);
    const auto before = test::window_of(*other_)->of(Lane::video).end;
    rendition_.note_absence();
    EXPECT_TRUE(rendition_.last.changed);
    const auto now = test::window_of(*other_);
    EXPECT_EQ(now->of(Lane::video).end, window()->of(Lane::video).end - 1);
    EXPECT_GT(now->of(Lane::video).end, before);
    rendition_.note_absence();
    EXPECT_FALSE(rendition_.last.changed);
    rendition_.skip_to(12.6);
    play_to(18);
    expect_aligned(Lane::video, 5);
}

TEST_F(RenditionTest, ANewPeriodOfTheProgrammeIsOneOfTheRendition)
{
    play_to(5);
    publisher_.change_picture(&test::h264() == publisher_.picture ? &test::television()
                                                                  : &test::h264());
    play_to(12);
    EXPECT_EQ(window()->end_period, 2U);
    EXPECT_EQ(test::window_of(*other_)->end_period, 2U);
    expect_aligned(Lane::video, 4);
}

TEST_F(RenditionTest, OneThatBeginsInALaterPeriodTakesItsNumber)
{
    publisher_.play_to(5);
    publisher_.change_picture(&test::television());
    publisher_.play_to(9);
    rendition_.skip_to(8.5);
    play_to(16);
    EXPECT_EQ(test::window_of(*other_)->first_period, 1U);
    expect_aligned(Lane::video, 3);
}

TEST_F(RenditionTest, TheLadderListsThoseThatHaveAWholeSegment)
{
    Ladder none(*window());
    none.add(*test::window_of(*other_));
    EXPECT_FALSE(none.playlist());
    play_to(9);
    Ladder ladder(*window());
    ladder.add(*test::window_of(*other_));
    const auto playlist = ladder.playlist();
    ASSERT_TRUE(playlist);
    ASSERT_EQ(playlist->variants.size(), 1U);
    EXPECT_EQ(playlist->variants[0].uri, "s/ld-v/index.m3u8");
    EXPECT_EQ(playlist->variants[0].audio, "audio");
    ASSERT_EQ(playlist->audio.size(), 1U);
    EXPECT_EQ(playlist->audio[0].uri, "s/a/index.m3u8");
}

TEST_F(RenditionTest, TheProgrammeIsSettledWithItsThirdSegment)
{
    EXPECT_FALSE(is_settled(*window()));
    play_to(5.9);
    EXPECT_FALSE(is_settled(*window()));
    play_to(6.5);
    EXPECT_TRUE(is_settled(*window()));
}

TEST_F(RenditionTest, ItsPlaylistsPointBelowTheChannel)
{
    play_to(9);
    const auto now = test::window_of(*other_);
    const auto transport = media_playlist(*now, Lane::transport, false);
    ASSERT_TRUE(transport);
    EXPECT_TRUE(transport->segments[0].uri.starts_with("../s/ld-v/"));
    const auto picture = media_playlist(*now, Lane::video, false);
    ASSERT_TRUE(picture);
    EXPECT_EQ(picture->reports.at(0).uri, "../ld-a/index.m3u8");
    EXPECT_EQ(multivariant(*now)->variants[0].uri, "../s/ld-v/index.m3u8");
}

}  // namespace
}  // namespace sluice::package
