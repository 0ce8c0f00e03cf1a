#include "window.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>

#include "test_window.hpp"

namespace sluice::package {
namespace {

template <class T>
bool same(const T& a, const T& b)
{
    return std::memcmp(&a, &b, sizeof(T)) == 0;
}

std::unique_ptr<Window> filled_with(std::uint8_t byte)
{
    auto window = std::make_unique<Window>();
    std::memset(static_cast<void*>(window.get()), byte, sizeof(Window));
    return window;
}

/// Everything that anybody may look at.
void expect_same(const Window& a, const Window& b)
{
    EXPECT_EQ(std::memcmp(&a, &b, offsetof(Window, period)), 0);
    for (auto i = a.first_period; i < a.end_period; ++i)
        EXPECT_TRUE(same(a.period_at(i), b.period_at(i))) << i;
    for (const auto kind : {Lane::video, Lane::audio, Lane::transport}) {
        const auto& lane = a.of(kind);
        EXPECT_EQ(std::memcmp(&lane, &b.of(kind), offsetof(LaneWindow, segment)), 0);
        for (auto i = lane.first; i < lane.end; ++i) {
            const auto& segment = lane.at(i);
            EXPECT_TRUE(same(segment, b.of(kind).at(i))) << i;
            for (std::uint32_t part = 0; part < segment.parts; ++part) {
                if (!lane.has_part(segment, part)) continue;
                const auto number = segment.first_part + part;
                EXPECT_TRUE(same(lane.part_at(number), b.of(kind).part_at(number))) << number;
            }
        }
    }
}

class CopyUsedTest : public test::WindowTest {
protected:
    /// Adds a segment to all lanes; they keep the newest `kept`.
    void go_on(int segment, std::uint32_t parts, std::uint32_t kept)
    {
        for (const auto kind : {Lane::video, Lane::audio, Lane::transport}) {
            auto& lane = window_->of(kind);
            if (lane.end - lane.first == kept) ++lane.first;
            add(kind, std::int64_t{segment} * parts, parts);
        }
    }
};

TEST_F(CopyUsedTest, TakesAllThatIsThereHoweverTheRingsHaveTurned)
{
    const auto copy = filled_with(0xff);
    copy_used(*window_, *copy);
    expect_same(*window_, *copy);
    for (int i = 0; i < 400; ++i) {
        go_on(i, 20, i < 200 ? kMaxSegments : 9);
        if (i % 40 == 0) begin_period(51 + i, 450'000 + i, test::kWall);
        if (window_->end_period - window_->first_period > 3) ++window_->first_period;
        if (i % 7 != 0) continue;
        copy_used(*window_, *copy);
        expect_same(*window_, *copy);
    }
}

TEST_F(CopyUsedTest, LeavesTheRestAlone)
{
    for (int i = 0; i < 3; ++i) go_on(i, 5, kMaxSegments);
    const auto untouched = filled_with(0xff);
    const auto copy = filled_with(0xff);
    copy_used(*window_, *copy);
    const auto& lane = copy->of(Lane::video);
    EXPECT_TRUE(same(lane.at(lane.end), untouched->of(Lane::video).at(0)));
    EXPECT_TRUE(same(lane.at(lane.first - 1), untouched->of(Lane::video).at(0)));
    EXPECT_TRUE(same(lane.part_at(lane.parts), untouched->of(Lane::video).part_at(0)));
    EXPECT_TRUE(same(copy->period_at(1), untouched->period_at(0)));
}

TEST_F(CopyUsedTest, BearsAnyValues)
{
    std::mt19937_64 random(1);
    const auto copy = filled_with(0);
    for (int i = 0; i < 50; ++i) {
        auto* bytes = reinterpret_cast<std::uint8_t*>(window_.get());
        for (std::size_t at = 0; at + 8 <= sizeof(Window); at += 8) {
            const auto word = random();
            std::memcpy(bytes + at, &word, 8);
        }
        copy_used(*window_, *copy);
        EXPECT_EQ(copy->run, window_->run);
        mend(*copy);
    }
}

/// Two complete segments and an open one with two parts.
std::unique_ptr<Window> sound_window()
{
    auto window = std::make_unique<Window>();
    window->name_size = 4;
    window->end_period = 1;
    auto& lane = window->of(Lane::video);
    lane.first = 10;
    lane.end = 13;
    lane.parts = 6;
    for (std::uint64_t i = 10; i < 13; ++i) {
        lane.at(i) = {.sequence = i,
                      .first_part = (i - 10) * 2,
                      .parts = 2,
                      .bytes = 300,
                      .complete = i < 12};
    }
    for (std::size_t i = 0; i < 6; ++i) {
        lane.part[i] = {.offset = i % 2 == 0 ? 0U : 100U, .bytes = i % 2 == 0 ? 100U : 200U};
    }
    return window;
}

TEST(MendTest, LeavesAWindowThatFitsTogetherAlone)
{
    const auto window = sound_window();
    mend(*window);
    EXPECT_EQ(window->of(Lane::video).first, 10U);
    EXPECT_EQ(window->of(Lane::video).end, 13U);
    EXPECT_EQ(window->of(Lane::video).at(12).bytes, 300U);
}

TEST(MendTest, AnOpenSegmentEndsWithItsLastPart)
{
    const auto window = sound_window();
    window->of(Lane::video).at(12).bytes = 1000;
    mend(*window);
    EXPECT_EQ(window->of(Lane::video).at(12).bytes, 300U);
}

TEST(MendTest, EmptiesALaneWhoseNumbersDoNotFit)
{
    const auto emptied = [](auto&& spoil) {
        const auto window = sound_window();
        spoil(window->of(Lane::video));
        mend(*window);
        return window->of(Lane::video).empty();
    };
    EXPECT_TRUE(emptied([](LaneWindow& lane) { lane.end = 9; }));
    EXPECT_TRUE(emptied([](LaneWindow& lane) { lane.end = 14; }));
    EXPECT_TRUE(emptied([](LaneWindow& lane) { lane.end = 10 + kMaxSegments + 1; }));
    EXPECT_TRUE(emptied([](LaneWindow& lane) { lane.at(11).sequence = 12; }));
    EXPECT_TRUE(emptied([](LaneWindow& lane) { lane.at(11).period = 1; }));
    EXPECT_TRUE(emptied([](LaneWindow& lane) { lane.at(12).parts = 3; }));
    EXPECT_TRUE(emptied([](LaneWindow& lane) { lane.parts = 5; }));
    EXPECT_FALSE(emptied([](LaneWindow&) {}));
}

TEST(MendTest, EmptiesAWindowWhosePeriodsDoNotFit)
{
    const auto window = sound_window();
    window->first_period = 2;
    mend(*window);
    EXPECT_EQ(window->name_size, 0U);
    const auto another = sound_window();
    another->name_size = hub::kMaxName + 1;
    mend(*another);
    EXPECT_TRUE(another->name_text().empty());
}

}  // namespace
}  // namespace sluice::package
