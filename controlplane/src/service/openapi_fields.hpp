#pragma once

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "rule.hpp"

namespace sluice::control {

/// For tests: the value texts of the schema `schema` in openapi.yaml by dotted path. The file keeps
/// one field on one line, `name: {…}`; structure is indentation.
inline std::map<std::string, std::string> documented_fields(const std::string& schema)
{
    std::ifstream in(std::string(SLUICE_SOURCE_DIR) + "/controlplane/openapi.yaml");
    std::map<std::string, std::string> fields;
    std::vector<std::pair<std::size_t, std::string>> path;
    bool schemas = false;
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
        const auto indent = line.find_first_not_of(' ');
        if (indent == std::string::npos) continue;
        if (indent == 2) schemas = line == "  schemas:";
        if (indent <= 4) {
            inside = schemas && line == "    " + schema + ":";
            continue;
        }
        if (!inside) continue;
        while (!path.empty() && path.back().first >= indent) path.pop_back();
        const auto colon = line.find(':', indent);
        const auto name = line.substr(indent, colon - indent);
        const auto value = line.substr(std::min(colon + 2, line.size()));
        if (value.empty()) {
            path.emplace_back(indent, name);
        } else if (value.front() == '{') {
            std::string full;
            for (const auto& [at, part] : path) {
                if (part == "items") full.insert(full.size() - 1, "[]");
                if (part != "items" && part != "properties") full += part + ".";
            }
            fields[full + name] = value;
        }
    }
    return fields;
}

/// How a rule reads in openapi.yaml, up to its default.
inline std::string documentation_of(const Rule& rule)
{
    if (rule.read_only) return "{type: ";
    const auto limits =
        ", minimum: " + std::to_string(rule.min) + ", maximum: " + std::to_string(rule.max);
    const auto lengths =
        ", minLength: " + std::to_string(rule.min) + ", maxLength: " + std::to_string(rule.max);
    const std::string null = rule.nullable ? ", nullable: true" : "";
    switch (rule.kind) {
        case Rule::Kind::boolean:
            return "{type: boolean, default: " + rule.preset.dump();
        case Rule::Kind::integer:
            return "{type: integer" + null + limits + ", default: " + rule.preset.dump();
        case Rule::Kind::number:
            return "{type: number" + null + limits + ", default: " + rule.preset.dump();
        case Rule::Kind::text:
            return "{type: string" + null + lengths;
        case Rule::Kind::choice: {
            std::string all;
            for (const auto& choice : rule.choices) all += (all.empty() ? "" : ", ") + choice;
            if (rule.nullable) all += ", null";
            return "{type: string" + null + ", enum: [" + all + "], default: " +
                   (rule.preset.is_string() ? rule.preset.get<std::string>() : rule.preset.dump());
        }
        case Rule::Kind::list:
            return "{type: array, maxItems: " + std::to_string(rule.max);
        case Rule::Kind::object:
            return "";
    }
    return "";
}

/// documentation_of() every field of `rule` by its dotted path.
inline void collect(const Rule& rule, const std::string& path,
                    std::map<std::string, std::string>& out)
{
    for (const auto& field : rule.fields) {
        if (field.rule.hidden) continue;
        const auto name = path + field.name;
        const bool objects = field.rule.kind == Rule::Kind::list &&
                             field.rule.item.front().kind == Rule::Kind::object;
        if (field.rule.kind == Rule::Kind::object) {
            collect(field.rule, name + ".", out);
        } else if (objects) {
            collect(field.rule.item.front(), name + "[].", out);
        } else {
            out[name] = documentation_of(field.rule);
        }
    }
}

}  // namespace sluice::control
