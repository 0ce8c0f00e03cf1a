#include "clean_text.hpp"

#include <gtest/gtest.h>

namespace sluice::control {
namespace {

TEST(CleanText, AShortTextStaysAsItIs)
{
    EXPECT_EQ(clean_text("", 4), "");
    EXPECT_EQ(clean_text("日", 3), "日");
    EXPECT_EQ(clean_text("a\"\\b", 4), "a\"\\b");
}

TEST(CleanText, ACharacterIsNeverCutInTwo)
{
    EXPECT_EQ(clean_text("a日本", 1), "a");
    EXPECT_EQ(clean_text("a日本", 2), "a");
    EXPECT_EQ(clean_text("a日本", 3), "a");
    EXPECT_EQ(clean_text("a日本", 4), "a日");
    EXPECT_EQ(clean_text(std::string(62, 'a') + "😀", 64), std::string(62, 'a'));
}

TEST(CleanText, WhatIsNotUtf8IsReplacedWithinTheBound)
{
    EXPECT_EQ(clean_text("a\xff", 4), "a\ufffd");
    EXPECT_EQ(clean_text("a\xff", 3), "a");
    EXPECT_LE(clean_text(std::string(1000, '\xff'), 200).size(), 200U);
}

}  // namespace
}  // namespace sluice::control
