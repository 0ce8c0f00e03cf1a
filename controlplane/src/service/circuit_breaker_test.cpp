#include "circuit_breaker.hpp"

#include <gtest/gtest.h>

namespace sluice::control {
namespace {

class Breaker : public testing::Test {
protected:
    void fail(int times)
    {
        while (times-- > 0) breaker.note("a", false, now_ms);
    }

    CircuitBreaker breaker;
    std::int64_t now_ms = 1000;
};

TEST_F(Breaker, OpensAfterFailuresInARow)
{
    fail(CircuitBreaker::kFailures - 1);
    EXPECT_TRUE(breaker.allows("a", now_ms));
    fail(1);
    EXPECT_FALSE(breaker.allows("a", now_ms));
    EXPECT_TRUE(breaker.allows("b", now_ms));
}

TEST_F(Breaker, AnAnswerBetweenStartsTheCountAnew)
{
    fail(CircuitBreaker::kFailures - 1);
    breaker.note("a", true, now_ms);
    fail(CircuitBreaker::kFailures - 1);
    EXPECT_TRUE(breaker.allows("a", now_ms));
}

TEST_F(Breaker, AfterThePauseOneTries)
{
    fail(CircuitBreaker::kFailures);
    now_ms += CircuitBreaker::kPauseMs;
    EXPECT_TRUE(breaker.allows("a", now_ms));
    EXPECT_FALSE(breaker.allows("a", now_ms)) << "only one";
    fail(1);
    EXPECT_FALSE(breaker.allows("a", now_ms + 1)) << "which failed: another pause";
    now_ms += CircuitBreaker::kPauseMs;
    EXPECT_TRUE(breaker.allows("a", now_ms));
    breaker.note("a", true, now_ms);
    EXPECT_TRUE(breaker.allows("a", now_ms)) << "all is well again";
    EXPECT_EQ(breaker.size(), 0U);
}

TEST_F(Breaker, RemembersABoundedNumber)
{
    for (std::size_t i = 0; i < CircuitBreaker::kMost + 50; ++i)
        breaker.note(std::to_string(i), false, now_ms);
    EXPECT_EQ(breaker.size(), CircuitBreaker::kMost);
}

}  // namespace
}  // namespace sluice::control
