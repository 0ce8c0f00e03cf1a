#include "command.hpp"

#include <gtest/gtest.h>

namespace sluice::control::nginx {
namespace {

using namespace std::chrono_literals;

TEST(Command, GivesStatusAndBothOutputs)
{
    const auto outcome = run({"/bin/sh", "-c", "echo one; echo two >&2; exit 3"}, 10s);

    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->status, 3);
    EXPECT_EQ(outcome->output, "one\ntwo\n");
}

TEST(Command, OneThatTakesTooLongIsKilled)
{
    const auto started = std::chrono::steady_clock::now();

    const auto outcome = run({"/bin/sleep", "60"}, 50ms);

    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::unavailable);
    EXPECT_LT(std::chrono::steady_clock::now() - started, 20s);
}

TEST(Command, EndBySignalIsToldApart)
{
    const auto outcome = run({"/bin/sh", "-c", "kill -9 $$"}, 10s);

    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->status, 128 + 9);
}

TEST(Command, AMissingProgramIsAnError)
{
    const auto outcome = run({"/nonexistent/program"}, 10s);

    EXPECT_TRUE(!outcome || outcome->status == 127);
}

}  // namespace
}  // namespace sluice::control::nginx
