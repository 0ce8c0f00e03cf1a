#include "yaml.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sluice::control::http {
namespace {

using nlohmann::json;

json parsed(const std::string& text)
{
    auto document = parse_yaml(text);
    EXPECT_TRUE(document) << (document ? "" : document.error().detail);
    return document ? *document : json("refused");
}

std::string refusal(const std::string& text)
{
    const auto document = parse_yaml(text);
    EXPECT_FALSE(document) << document->dump();
    if (document) return "taken";
    EXPECT_EQ(document.error().code, Errc::malformed);
    return document.error().detail;
}

TEST(YamlTest, MappingsListsAndWordsAreWhatTheyAreInJson)
{
    EXPECT_EQ(parsed("a: true\nb: null\nc: ~\nd:\ne: 12\nf: -1.5\ng: [1, x]\nh: {}\n"),
              json({{"a", true},
                    {"b", nullptr},
                    {"c", nullptr},
                    {"d", nullptr},
                    {"e", 12},
                    {"f", -1.5},
                    {"g", {1, "x"}},
                    {"h", json::object()}}));
    EXPECT_EQ(parsed("- a: 1\n  b: 2\n- [[]]\n"), json::parse(R"([{"a":1,"b":2},[[]]])"));
}

TEST(YamlTest, WhatJsonDoesNotWriteWithoutQuotesIsText)
{
    for (const auto* word : {"yes", "no", "on", "off", "True", "0123", "0x10", "1_000", "+1", ".5",
                             "12:30:45", "2030-12-09", ".inf", "1.", "e3"}) {
        EXPECT_EQ(parsed(std::string("a: ") + word).at("a"), word);
    }
    EXPECT_EQ(parsed("a: 1e3").at("a"), 1000.0);
}

TEST(YamlTest, QuotedWordsAreText)
{
    for (const auto* word : {"yes", "true", "null", "1e3", "0123", "12", "~", ""}) {
        EXPECT_EQ(parsed("a: \"" + std::string(word) + "\"").at("a"), word);
        EXPECT_EQ(parsed("a: '" + std::string(word) + "'").at("a"), word);
    }
    EXPECT_EQ(parsed("a: |\n  yes\n  12\n").at("a"), "yes\n12\n");
}

TEST(YamlTest, WhatCanGrowOrMeanSomethingElseIsRefusedWithItsPlace)
{
    EXPECT_NE(refusal("a: &x 1\nb: *x\n").find("line 1, column 4: anchors"), std::string::npos);
    EXPECT_NE(refusal("b: *x\n").find("line 1"), std::string::npos);
    EXPECT_NE(refusal("a: !!str 1\n").find("tags"), std::string::npos);
    EXPECT_NE(refusal("a: !ruby/object:X {}\n").find("tags"), std::string::npos);
    EXPECT_NE(refusal("? [a]\n: 1\n").find("key"), std::string::npos);
    EXPECT_NE(refusal("? {a: 1}\n: 1\n").find("key"), std::string::npos);
    EXPECT_NE(refusal("~: 1\n").find("key"), std::string::npos);
    EXPECT_NE(refusal("a: 1\nb: 2\na: 3\n").find("line 3, column 1: a member is there twice"),
              std::string::npos);
    EXPECT_NE(refusal("a: 1\n---\nb: 2\n").find("more than one"), std::string::npos);
    EXPECT_NE(refusal("").find("no document"), std::string::npos);
    EXPECT_NE(refusal(std::string("a: \xff")).find("UTF-8"), std::string::npos);
    EXPECT_NE(refusal(std::string("a\0: 1", 5)).find("UTF-8"), std::string::npos);
    EXPECT_NE(refusal("a: [1\n").find("line"), std::string::npos);
    EXPECT_NE(refusal("a: b: c\n").find("line"), std::string::npos);
}

TEST(YamlTest, DepthAndNumberOfValuesAreBounded)
{
    EXPECT_NE(refusal(std::string(40, '[') + std::string(40, ']')).find("nested"),
              std::string::npos);
    refusal(std::string(100'000, '['));
    refusal(std::string(100'000, '{'));
    std::string dashes;
    for (int i = 0; i < 10'000; ++i) dashes += "- ";
    EXPECT_NE(refusal(dashes).find("nested"), std::string::npos);
    std::string many = "[";
    for (int i = 0; i < 1'000'001; ++i) many += "1,";
    EXPECT_NE(refusal(many + "]").find("values"), std::string::npos);
}

TEST(YamlTest, WhatIsWrittenIsReadBack)
{
    const json document{
        {"version", 1},
        {"empty", json::array()},
        {"none", json::object()},
        {"texts",
         {"yes", "1e3", "0123", "", "a: b", "\xe9\xa2\x91\xe9\x81\x93 \"q\" \\ \t\n", "- x", "#",
          "\xf0\x9f\x8e\xa5", "trailing ", "null", "\x01"}},
        {"numbers", {0, -1, 1.0, 0.25, 9007199254740993LL}},
        {"flags", {true, false, nullptr}},
        {"deep", {{"a", {{"b", {{{"c", "d"}}}}}}}}};
    EXPECT_EQ(parsed(to_yaml(document)), document) << to_yaml(document);
}

}  // namespace
}  // namespace sluice::control::http
