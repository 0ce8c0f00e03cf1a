#include "legacy_field.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "channel_schema.hpp"
#include "openapi_fields.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
using Kind = LegacyField::Kind;

const std::string kPage = std::string(SLUICE_SOURCE_DIR) + "/docs/older-api.md";
constexpr std::string_view kStart = "<!-- fields: start -->\n";
constexpr std::string_view kEnd = "<!-- fields: end -->";

/// The rule of the channel's field at a dotted path; nullptr: it has none.
const Rule* rule_at(std::string_view path)
{
    const auto* rule = &channel_rule();
    while (!path.empty()) {
        const auto name = path.substr(0, path.find('.'));
        const auto field = std::ranges::find(rule->fields, name, &Field::name);
        if (field == rule->fields.end()) return nullptr;
        rule = &field->rule;
        path.remove_prefix(std::min(name.size() + 1, path.size()));
    }
    return rule;
}

std::string value_of(const LegacyField& field)
{
    const auto* rule = field.path.empty() ? nullptr : rule_at(field.path);
    const auto bounds = [&] {
        return rule == nullptr ? ""
                               : " " + std::to_string(rule->min) + "–" + std::to_string(rule->max);
    };
    switch (field.kind) {
        case Kind::boolean:
            return "boolean";
        case Kind::whole:
            return "number" + bounds();
        case Kind::whole_or_none:
            return "number" + bounds() + " or null";
        case Kind::text:
            return rule == nullptr ? "text" : "text ≤ " + std::to_string(rule->max);
        case Kind::urls:
            return "URLs";
        case Kind::day:
            return "date";
        case Kind::codec:
            return "codec";
        case Kind::color:
            return "colour";
        case Kind::size:
            return "`micro` `small` `medium` `large` `xlarge`";
    }
    return "";
}

std::string documented_table()
{
    std::ostringstream out;
    out << "| older field | value | default | channel field | |\n|---|---|---|---|---|\n";
    for (const auto& field : legacy_fields()) {
        out << "| `" << field.name << "` | " << value_of(field) << " | `" << field.preset.dump()
            << "` | " << (field.path.empty() ? "–" : "`" + std::string(field.path) + "`") << " | "
            << field.note << " |\n";
    }
    return out.str();
}

TEST(LegacyFields, StandInTheDocumentation)
{
    std::ifstream in(kPage);
    std::string page((std::istreambuf_iterator<char>(in)), {});
    const auto start = page.find(kStart);
    const auto end = page.find(kEnd);
    ASSERT_NE(start, std::string::npos);
    ASSERT_NE(end, std::string::npos);
    const auto at = start + kStart.size();
    const auto table = "\n" + documented_table() + "\n";
    if (std::getenv("SLUICE_UPDATE_GOLDEN") != nullptr) {
        std::ofstream(kPage) << page.replace(at, end - at, table);
        return;
    }
    EXPECT_EQ(page.substr(at, end - at), table) << "run this test with SLUICE_UPDATE_GOLDEN=1";
}

TEST(LegacyFields, StandInOpenapi)
{
    std::set<std::string> documented;
    for (const auto& [name, value] : documented_fields("LegacyStream")) documented.insert(name);
    std::set<std::string> known{"id", "key"};
    for (const auto& field : legacy_fields()) known.insert(std::string(field.name));
    EXPECT_EQ(documented, known);
}

TEST(LegacyFields, HavePlacesThatAChannelHas)
{
    for (const auto& field : legacy_fields()) {
        EXPECT_EQ(field.path.empty(), field.read == nullptr) << field.name;
        EXPECT_EQ(field.path.empty(), field.write == nullptr) << field.name;
        if (!field.path.empty()) EXPECT_NE(rule_at(field.path), nullptr) << field.name;
    }
}

}  // namespace
}  // namespace sluice::control
