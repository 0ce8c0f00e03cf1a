#include "measurement.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "usage.hpp"

namespace sluice::bench {
namespace {

constexpr std::int64_t kBegin = 7'000'000;
constexpr std::int64_t kSecond = 1'000'000;
// Two viewers, of whom the second is due half a second after the first.
constexpr MeasurementPlan kPlan{
    .count = 2, .joins_per_second = 2, .warm_up_s = 3, .window_s = 4, .patience_s = 5};

class MeasurementTest : public testing::Test {
protected:
    MeasurementTest()
        : measurement(kPlan, [this](const nlohmann::json& event) { events.push_back(event); })
    {
        measurement.begin(kBegin);
    }

    void start_both()
    {
        while (measurement.start_next(kBegin + kSecond)) {
        }
    }

    /// Both play; the window opens at kBegin + 4 s.
    void open_window()
    {
        start_both();
        measurement.add_joined();
        measurement.add_joined();
        measurement.advance(kBegin + kSecond);
        ASSERT_TRUE(measurement.advance(measurement.next_us()));
    }

    std::vector<std::string> names() const
    {
        std::vector<std::string> out;
        for (const auto& event : events) out.push_back(event.at("event"));
        return out;
    }

    std::vector<nlohmann::json> events;
    Measurement measurement;
};

TEST_F(MeasurementTest, WaitsForAllViewersThenWarmsUpThenCounts)
{
    EXPECT_EQ(measurement.next_us(), kBegin);
    start_both();
    measurement.add_joined();
    EXPECT_FALSE(measurement.advance(kBegin + kSecond));
    EXPECT_TRUE(measurement.is_joining());
    measurement.add_joined();
    EXPECT_FALSE(measurement.advance(kBegin + kSecond));
    EXPECT_FALSE(measurement.is_joining() || measurement.in_window());
    EXPECT_EQ(measurement.next_us(), kBegin + 4 * kSecond);
    EXPECT_FALSE(measurement.advance(kBegin + 4 * kSecond - 1));
    EXPECT_TRUE(measurement.advance(kBegin + 4 * kSecond));
    EXPECT_TRUE(measurement.in_window());
    EXPECT_EQ(measurement.next_us(), kBegin + 8 * kSecond);
    EXPECT_FALSE(measurement.advance(kBegin + 8 * kSecond - 1));
    EXPECT_TRUE(measurement.in_window());
    EXPECT_FALSE(measurement.advance(kBegin + 8 * kSecond));
    EXPECT_TRUE(measurement.is_done());
    EXPECT_EQ(measurement.next_us(), Ramp::kNever);
    EXPECT_FALSE(measurement.advance(kBegin + 100 * kSecond));
    EXPECT_EQ(names(), (std::vector<std::string>{"joined", "window_open", "window_closed"}));
}

TEST_F(MeasurementTest, WhoIsLostIsNotWaitedFor)
{
    start_both();
    measurement.add_joined();
    measurement.add_failure("refused");
    measurement.add_lost();
    measurement.advance(kBegin + kSecond);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].at("viewers"), 1);
    EXPECT_EQ(events[0].at("failures").at("refused"), 1);
}

TEST_F(MeasurementTest, PatienceWithTheLastOneEnds)
{
    start_both();
    measurement.advance(kBegin + 6 * kSecond - 1);
    EXPECT_TRUE(measurement.is_joining()) << "one second for two joins, and five";
    measurement.advance(kBegin + 6 * kSecond);
    EXPECT_FALSE(measurement.is_joining());
    EXPECT_EQ(measurement.result().at("joined"), 0);
}

TEST_F(MeasurementTest, OwnProcessorTimeIsThatOfTheWindow)
{
    const auto burn = [](double seconds) {
        const auto end = own_cpu_seconds() + seconds;
        while (own_cpu_seconds() < end) {
        }
    };
    burn(0.1);
    open_window();
    EXPECT_EQ(measurement.result().at("window_s"), 0) << "nothing is told of an open one";
    EXPECT_EQ(measurement.result().at("own_cpu_s"), 0);
    burn(0.02);
    measurement.advance(measurement.next_us() + kSecond / 2);
    const auto result = measurement.result();
    EXPECT_EQ(result.at("event"), "result");
    EXPECT_EQ(result.at("asked"), 2);
    EXPECT_EQ(result.at("window_s"), 4.5) << "as long as it was, not as it was meant";
    EXPECT_GE(result.at("own_cpu_s"), 0.02);
    EXPECT_LT(result.at("own_cpu_s"), 0.1);
}

}  // namespace
}  // namespace sluice::bench
