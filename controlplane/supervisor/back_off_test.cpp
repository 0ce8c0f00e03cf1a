#include "back_off.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::supervisor {
namespace {

using namespace std::chrono_literals;

TEST(BackOff, DoublesFromAHundredMillisecondsToFiveSeconds)
{
    BackOff back_off;
    std::vector<std::chrono::milliseconds> waits;
    for (int i = 0; i < 8; ++i) waits.push_back(back_off.after(1ms));

    EXPECT_EQ(waits, (std::vector<std::chrono::milliseconds>{100ms, 200ms, 400ms, 800ms, 1600ms,
                                                             3200ms, 5000ms, 5000ms}));
}

TEST(BackOff, AGoodRunIsStartedAgainAtOnceAndForgives)
{
    BackOff back_off;
    back_off.after(1ms);
    back_off.after(1ms);

    EXPECT_EQ(back_off.after(60s), 0ms);
    EXPECT_EQ(back_off.after(1ms), 100ms);
}

TEST(BackOff, OneThatIsKilledEverySecondIsStartedAtOnceEachTime)
{
    BackOff back_off;
    for (int i = 0; i < 100; ++i) EXPECT_EQ(back_off.after(900ms), 0ms);
}

}  // namespace
}  // namespace sluice::supervisor
