#include "frame_rate.hpp"

#include <gtest/gtest.h>

namespace sluice::package {
namespace {

struct Rate {
    std::uint32_t frame;  ///< ticks of 90 kHz
    double value;
    const char* text;
};

class FrameRates : public testing::TestWithParam<Rate> {};

TEST_P(FrameRates, AreThoseThatAreMeant)
{
    const auto rate = frame_rate(GetParam().frame);
    EXPECT_NEAR(rate.value(), GetParam().value, 0.0005);
    EXPECT_EQ(rate.text(), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    FrameRateTest, FrameRates,
    testing::Values(Rate{3754, 23.976, "24000/1001"}, Rate{3753, 23.976, "24000/1001"},
                    Rate{3750, 24, "24"}, Rate{3600, 25, "25"}, Rate{3003, 29.970, "30000/1001"},
                    Rate{3000, 30, "30"}, Rate{1800, 50, "50"}, Rate{1501, 59.940, "60000/1001"},
                    Rate{1502, 59.940, "60000/1001"}, Rate{1500, 60, "60"}, Rate{90'000, 1, "1"},
                    Rate{900'000, 0, ""}, Rate{0, 0, ""}, Rate{1, 90'000, "90000"}),
    [](const auto& test) { return "Ticks" + std::to_string(test.param.frame); });

}  // namespace
}  // namespace sluice::package
