#include "watchdog.hpp"

#include <gtest/gtest.h>

namespace sluice::hook {
namespace {

TEST(Watchdog, WhoHasNothingToDoMayBeSilentForEver)
{
    Watchdog dog(10, 20);
    EXPECT_FALSE(dog.stalled(1'000'000));
    dog.asked(5);
    dog.heard();
    EXPECT_FALSE(dog.stalled(1'000'000));
}

TEST(Watchdog, TheBeginningMayTakeLonger)
{
    Watchdog dog(10, 20);
    dog.asked(0);
    EXPECT_FALSE(dog.stalled(19));
    EXPECT_TRUE(dog.stalled(20));
    dog.heard();
    dog.asked(30);
    EXPECT_FALSE(dog.stalled(39));
    EXPECT_TRUE(dog.stalled(40));
}

TEST(Watchdog, AskingAgainDoesNotBuyTime)
{
    Watchdog dog(10, 10);
    for (int now = 0; now < 10; ++now) dog.asked(now);
    EXPECT_TRUE(dog.stalled(10));
}

}  // namespace
}  // namespace sluice::hook
