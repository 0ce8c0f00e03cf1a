#include "preference.hpp"

#include <gtest/gtest.h>

namespace sluice::control::http {
namespace {

TEST(Preference, OfTwoLanguagesTheOneWithTheGreaterWeightIsTaken)
{
    for (const auto* chinese :
         {"zh", "zh-CN,zh;q=0.9", "en;q=0.5, zh", "ZH-Hant", "fr, zh;q=0.2", "zh;q=0.8,en;q=0.8"}) {
        EXPECT_TRUE(prefers_chinese(chinese)) << chinese;
    }
    for (const auto* english : {"", "en", "en, zh", "zh;q=0.5,en", "zh;q=0", "zhx", "*", "fr",
                                "en;q=0.8,zh;q=0.8", ";;,,q="}) {
        EXPECT_FALSE(prefers_chinese(english)) << english;
    }
}

TEST(Preference, JsonIsRefusedOnlyWhenItIsRuledOut)
{
    for (const auto* fine : {"", "*/*", "application/*", "application/json", "text/html, */*;q=0.1",
                             "Application/JSON;charset=utf-8", "application/problem+json", ","}) {
        EXPECT_TRUE(accepts_json(fine)) << fine;
    }
    for (const auto* refused :
         {"text/html", "application/xml, text/*", "application/json;q=0, */*", "*/*;q=0"}) {
        EXPECT_FALSE(accepts_json(refused)) << refused;
    }
}

}  // namespace
}  // namespace sluice::control::http
