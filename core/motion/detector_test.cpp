#include "detector.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace sluice::motion {
namespace {

constexpr std::size_t kWidth = 160;
constexpr std::size_t kHeight = 90;
constexpr int kDifference = 30;

using Picture = std::vector<std::uint8_t>;

Picture flat(int level)
{
    return Picture(kWidth * kHeight, static_cast<std::uint8_t>(level));
}

Picture gradient()
{
    auto picture = flat(0);
    for (std::size_t i = 0; i < picture.size(); ++i)
        picture[i] = static_cast<std::uint8_t>(i % kWidth);
    return picture;
}

Picture with_box(Picture picture, std::size_t left, std::size_t size, int level)
{
    for (std::size_t y = 20; y < 20 + size; ++y)
        std::fill_n(picture.begin() + static_cast<std::ptrdiff_t>(y * kWidth + left), size,
                    static_cast<std::uint8_t>(level));
    return picture;
}

Picture with_noise(Picture picture, double deviation, std::mt19937& random)
{
    std::normal_distribution<double> noise(0, deviation);
    for (auto& pixel : picture)
        pixel = static_cast<std::uint8_t>(std::clamp(pixel + noise(random), 0.0, 255.0));
    return picture;
}

TEST(MotionDetector, TheFirstLookAndAPictureThatStandsStillShowNothing)
{
    Detector detector(kWidth, kHeight, kDifference);

    for (int i = 0; i < 3; ++i) EXPECT_EQ(detector.look(gradient()), 0);
}

TEST(MotionDetector, ABoxThatMovedChangedWhereItWasAndWhereItIs)
{
    Detector detector(kWidth, kHeight, kDifference);
    detector.look(with_box(gradient(), 10, 30, 255));

    const auto percent = detector.look(with_box(gradient(), 80, 30, 255));

    EXPECT_NEAR(percent, 100.0 * 2 * 30 * 30 / (kWidth * kHeight), 2);
    EXPECT_EQ(detector.look(with_box(gradient(), 80, 30, 255)), 0);
}

TEST(MotionDetector, HeavyNoiseIsNoMotionAndDoesNotHideIt)
{
    std::mt19937 random(1);
    Detector detector(kWidth, kHeight, kDifference);
    for (int i = 0; i < 50; ++i)
        EXPECT_LT(detector.look(with_noise(flat(128), 20, random)), 0.5) << i;

    EXPECT_GT(detector.look(with_noise(with_box(flat(128), 10, 30, 255), 20, random)), 5);
}

TEST(MotionDetector, LightThatChangesSlowlyIsNoMotion)
{
    Detector detector(kWidth, kHeight, kDifference);
    for (int level = 0; level <= 250; level += 25)
        EXPECT_EQ(detector.look(flat(level)), 0) << level;
}

TEST(MotionDetector, ABoxIsSeenInLightThatChangesSlowly)
{
    Detector detector(kWidth, kHeight, kDifference);
    detector.look(flat(100));

    EXPECT_NEAR(detector.look(with_box(flat(114), 10, 30, 220)), 6.25, 1);
}

TEST(MotionDetector, ACutChangesAllOfThePicture)
{
    Detector detector(kWidth, kHeight, kDifference);
    detector.look(flat(20));

    EXPECT_EQ(detector.look(flat(220)), 100);
}

TEST(MotionDetector, ADifferenceMustBeLargerThanTheOneThatIsAskedFor)
{
    for (const int level : {30, 31}) {
        Detector detector(kWidth, kHeight, kDifference);
        detector.look(with_box(flat(0), 60, 60, 0));
        const auto percent = detector.look(with_box(flat(0), 60, 60, level));
        EXPECT_EQ(percent > 0, level > kDifference) << level;
    }
}

TEST(MotionDetector, PicturesOfOnePixelAreNoDanger)
{
    Detector detector(1, 1, 255);
    const Picture black{0};
    const Picture white{255};
    detector.look(black);

    EXPECT_EQ(detector.look(white), 0);
}

}  // namespace
}  // namespace sluice::motion
