#include "programme_switch.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::hook {
namespace {

/// An input of 25 frames a second with a key frame every second, and a process that gives the same
/// back `delay` frames later.
class Bench {
public:
    explicit Bench(std::optional<Source> shown) : change(shown) {}

    void play(int frames)
    {
        for (int i = 0; i < frames; ++i, ++now_) {
            give(Source::input, now_);
            if (alive && now_ >= kDelay) give(Source::marked, now_ - kDelay);
        }
    }

    ProgrammeSwitch change;
    bool alive = true;
    std::vector<std::int64_t> video;  ///< times that were seen
    std::vector<std::int64_t> audio;
    std::string order;  ///< i, m: whose picture

private:
    static constexpr int kDelay = 10;

    void give(Source from, int frame)
    {
        const std::int64_t ms = frame * 40;
        // Sound comes a little before the picture that it belongs to.
        if (change.passes({from, false, false, ms + 50})) audio.push_back(ms + 50);
        if (!change.passes({from, true, frame % 25 == 0, ms})) return;
        video.push_back(ms);
        const char who = from == Source::input ? 'i' : 'm';
        if (order.empty() || order.back() != who) order += who;
    }

    int now_ = 0;
};

/// Every frame once and in order, from the first to the last.
void expect_whole(const std::vector<std::int64_t>& times)
{
    for (std::size_t i = 1; i < times.size(); ++i) EXPECT_EQ(times[i], times[i - 1] + 40) << i;
}

TEST(ProgrammeSwitch, FromTheInputToTheMarkedPictureNothingIsLostOrSeenTwice)
{
    Bench bench(Source::input);
    bench.play(60);
    bench.change.want(Source::marked);
    bench.play(60);
    EXPECT_EQ(bench.order, "im");
    expect_whole(bench.video);
    expect_whole(bench.audio);
    EXPECT_EQ(bench.video.back(), (120 - 1 - 10) * 40);
}

TEST(ProgrammeSwitch, BackToTheInputItGoesAtAKeyFrameAndNoTimeFalls)
{
    Bench bench(Source::marked);
    bench.play(60);
    bench.change.want(Source::input);
    bench.play(90);
    EXPECT_EQ(bench.order, "mi");
    for (std::size_t i = 1; i < bench.video.size(); ++i)
        EXPECT_GT(bench.video[i], bench.video[i - 1]);
    EXPECT_EQ(bench.video.back(), (150 - 1) * 40);
}

TEST(ProgrammeSwitch, HeldNothingIsSeenUntilTheMarkedPictureIsBack)
{
    Bench bench(Source::marked);
    bench.play(40);
    bench.alive = false;
    bench.change.lost(Source::marked);
    bench.play(40);
    EXPECT_EQ(bench.order, "m");
    const auto seen = bench.video.size();
    bench.alive = true;
    bench.play(60);
    EXPECT_EQ(bench.order, "m");
    EXPECT_GT(bench.video.size(), seen);
    EXPECT_EQ(bench.video[seen] % 1000, 0) << "begins with a key frame";
}

TEST(ProgrammeSwitch, ALostPictureIsReplacedByTheInputAtItsNextKeyFrame)
{
    Bench bench(Source::marked);
    bench.play(40);
    bench.alive = false;
    bench.change.lost(Source::marked);
    bench.change.want(Source::input);
    bench.play(40);
    EXPECT_EQ(bench.order, "mi");
}

TEST(ProgrammeSwitch, NothingWantedIsNothingSeenAtOnce)
{
    Bench bench(Source::input);
    bench.play(10);
    bench.change.want(std::nullopt);
    bench.play(60);
    EXPECT_EQ(bench.video.size(), 10U);
}

}  // namespace
}  // namespace sluice::hook
