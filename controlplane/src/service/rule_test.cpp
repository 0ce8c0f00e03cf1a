#include "rule.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sluice::control {
namespace {

using nlohmann::json;

Error error_of(const json& document)
{
    Findings findings;
    check(rules::object({{"name", rules::text(1, 8)}}), document, "", findings);
    const auto verdict = findings.verdict();
    EXPECT_FALSE(verdict);
    return verdict ? Error{} : verdict.error();
}

TEST(Findings, ADocumentWithVeryManyFaultsGetsAShortAnswer)
{
    json document = json::object();
    for (int i = 0; i < 5000; ++i) document["x" + std::to_string(i)] = 1;
    const auto error = error_of(document);
    EXPECT_EQ(error.detail, "5000 fields are wrong");
    ASSERT_EQ(error.fields.size(), Findings::kMost + 1);
    EXPECT_EQ(error.fields.back(), (FieldError{"others", "4900 more are wrong"}));
}

TEST(Findings, AsManyFaultsAsAreNamedLeaveNoneUnsaid)
{
    json document = json::object();
    for (std::size_t i = 0; i < Findings::kMost; ++i) document["x" + std::to_string(i)] = 1;
    EXPECT_EQ(error_of(document).fields.size(), Findings::kMost);
}

TEST(Findings, ALongNameIsCutBetweenTwoCharacters)
{
    std::string name = "a";
    for (int i = 0; i < 40; ++i) name += "频";
    const auto error = error_of({{name, 1}});
    ASSERT_EQ(error.fields.size(), 1U);
    EXPECT_EQ(error.fields.front().field, name.substr(0, 64));  // one byte and 21 characters
    const auto shifted = error_of({{"a" + name, 1}});
    EXPECT_EQ(shifted.fields.front().field, ("a" + name).substr(0, 62));
    EXPECT_NO_THROW(static_cast<void>(json(shifted.fields.front().field).dump()));
}

}  // namespace
}  // namespace sluice::control
