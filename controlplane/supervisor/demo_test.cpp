#include "demo.hpp"

#include <gtest/gtest.h>

namespace sluice::supervisor {
namespace {

TEST(Demo, WhatFfmpegPrintsLosesItsSignature)
{
    EXPECT_EQ(without_queries(
                  "rtmp://127.0.0.1:1935/stream/demo?sign=4102444800-abcdef: Input/output error"),
              "rtmp://127.0.0.1:1935/stream/demo? Input/output error");
    EXPECT_EQ(without_queries("to 'rtmp://h/stream/demo?sign=1-ff':"),
              "to 'rtmp://h/stream/demo?':");
    EXPECT_EQ(without_queries("nothing to hide"), "nothing to hide");
}

TEST(Demo, AnApiThatIsNotThereIsSaidSo)
{
    const auto url = DemoChannel("/nonexistent").push_url();

    ASSERT_FALSE(url);
    EXPECT_EQ(url.error().code, control::Errc::unavailable);
}

}  // namespace
}  // namespace sluice::supervisor
