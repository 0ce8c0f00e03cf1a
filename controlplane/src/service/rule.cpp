#include "rule.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "clean_text.hpp"

namespace sluice::control {

using nlohmann::json;

Rule Rule::or_null() &&
{
    nullable = true;
    preset = nullptr;
    return std::move(*this);
}

Rule Rule::secret() &&
{
    write_only = true;
    return std::move(*this);
}

Rule Rule::with_secret() &&
{
    holds_secret = true;
    return std::move(*this);
}

Rule Rule::ours() &&
{
    read_only = true;
    return std::move(*this);
}

Rule Rule::kept() &&
{
    hidden = true;
    write_only = true;
    return std::move(*this);
}

Rule Rule::with(Format wanted) &&
{
    format = wanted;
    return std::move(*this);
}

namespace rules {

Rule boolean(bool preset)
{
    return {.kind = Rule::Kind::boolean, .preset = preset};
}

Rule integer(long long min, long long max, long long preset)
{
    return {.kind = Rule::Kind::integer, .preset = preset, .min = min, .max = max};
}

Rule number(long long min, long long max, double preset)
{
    return {.kind = Rule::Kind::number, .preset = preset, .min = min, .max = max};
}

Rule text(long long min, long long max, std::string preset)
{
    return {.kind = Rule::Kind::text, .preset = std::move(preset), .min = min, .max = max};
}

Rule choice(std::vector<std::string> choices)
{
    Rule rule{.kind = Rule::Kind::choice, .preset = choices.front()};
    rule.choices = std::move(choices);
    return rule;
}

Rule list(Rule item, long long max)
{
    Rule rule{.kind = Rule::Kind::list, .preset = json::array(), .max = max};
    rule.item.push_back(std::move(item));
    return rule;
}

Rule object(std::vector<Field> fields)
{
    Rule rule{.kind = Rule::Kind::object, .preset = json::object()};
    rule.fields = std::move(fields);
    return rule;
}

}  // namespace rules

namespace {

/// UTF-8 characters, not bytes (JSON text is valid UTF-8 once it is parsed).
long long characters(const std::string& text)
{
    return std::count_if(text.begin(), text.end(),
                         [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

std::string range(const Rule& rule)
{
    return std::to_string(rule.min) + " to " + std::to_string(rule.max);
}

/// Only control characters that make sense in a text: tab and new line.
bool printable(const std::string& text)
{
    return std::none_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
    });
}

void wrong_type(const std::string& path, std::string_view wanted, Findings& findings)
{
    findings.shape = true;
    findings.add(path, std::string("must be ").append(wanted));
}

void check_integer(const Rule& rule, const json& value, const std::string& path, Findings& findings)
{
    if (!value.is_number_integer()) return wrong_type(path, "a whole number", findings);
    const bool huge = value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX;
    const auto number = huge ? INT64_MAX : value.get<std::int64_t>();
    if (number < rule.min || number > rule.max) findings.add(path, "must be " + range(rule));
}

void check_number(const Rule& rule, const json& value, const std::string& path, Findings& findings)
{
    if (!value.is_number()) return wrong_type(path, "a number", findings);
    const auto number = value.get<double>();
    const bool inside =
        number >= static_cast<double>(rule.min) && number <= static_cast<double>(rule.max);
    if (!inside) findings.add(path, "must be " + range(rule));
}

void check_text(const Rule& rule, const json& value, const std::string& path, Findings& findings)
{
    if (!value.is_string()) return wrong_type(path, "a text", findings);
    const auto& text = value.get_ref<const std::string&>();
    const auto length = characters(text);
    if (length < rule.min || length > rule.max) {
        return findings.add(path, "must have " + range(rule) + " characters");
    }
    if (!printable(text)) return findings.add(path, "must not hold control characters");
    if (rule.format == nullptr) return;
    if (auto complaint = rule.format(text)) findings.add(path, "must " + *complaint);
}

void check_choice(const Rule& rule, const json& value, const std::string& path, Findings& findings)
{
    if (!value.is_string()) return wrong_type(path, "a text", findings);
    const auto& text = value.get_ref<const std::string&>();
    if (std::find(rule.choices.begin(), rule.choices.end(), text) != rule.choices.end()) return;
    std::string all;
    for (const auto& choice : rule.choices) all += (all.empty() ? "" : ", ") + choice;
    findings.add(path, "must be one of: " + all);
}

void check_list(const Rule& rule, const json& value, const std::string& path, Findings& findings)
{
    if (!value.is_array()) return wrong_type(path, "a list", findings);
    if (value.size() > static_cast<std::size_t>(rule.max)) {
        return findings.add(path, "must have at most " + std::to_string(rule.max) + " items");
    }
    for (std::size_t i = 0; i < value.size(); ++i) {
        check(rule.item.front(), value[i], path + "[" + std::to_string(i) + "]", findings);
    }
}

void check_object(const Rule& rule, const json& value, const std::string& path, Findings& findings)
{
    if (!value.is_object()) {
        return wrong_type(path.empty() ? "body" : path, "an object", findings);
    }
    const auto prefix = path.empty() ? std::string() : path + ".";
    for (const auto& [name, member] : value.items()) {
        const auto known = std::find_if(rule.fields.begin(), rule.fields.end(),
                                        [&](const Field& field) { return field.name == name; });
        if (known == rule.fields.end() || known->rule.hidden) {
            // A name is the caller's own text: its length is his, not our answer's.
            findings.add(prefix + clean_text(name, kShownName), "is not a known field");
        } else {
            check(known->rule, member, prefix + name, findings);
        }
    }
}

}  // namespace

void Findings::add(std::string field, std::string message)
{
    if (fields.size() < kMost) {
        fields.push_back({std::move(field), std::move(message)});
    } else {
        ++unnamed_;
    }
}

Result<void> Findings::verdict() const
{
    if (fields.empty()) return {};
    const auto detail = fields.size() == 1
                            ? fields.front().field + " " + fields.front().message
                            : std::to_string(fields.size() + unnamed_) + " fields are wrong";
    auto told = fields;
    if (unnamed_ > 0) told.push_back({"others", std::to_string(unnamed_) + " more are wrong"});
    return fail(shape ? Errc::malformed : Errc::invalid, detail, std::move(told));
}

void check(const Rule& rule, const json& value, const std::string& path, Findings& findings)
{
    if (rule.read_only || (value.is_null() && rule.nullable)) return;
    switch (rule.kind) {
        case Rule::Kind::boolean:
            if (!value.is_boolean()) wrong_type(path, "true or false", findings);
            return;
        case Rule::Kind::integer:
            return check_integer(rule, value, path, findings);
        case Rule::Kind::number:
            return check_number(rule, value, path, findings);
        case Rule::Kind::text:
            return check_text(rule, value, path, findings);
        case Rule::Kind::choice:
            return check_choice(rule, value, path, findings);
        case Rule::Kind::list:
            return check_list(rule, value, path, findings);
        case Rule::Kind::object:
            return check_object(rule, value, path, findings);
    }
}

json complete(const Rule& rule, const json& value)
{
    if (rule.nullable && value.is_null()) return value;
    if (rule.kind == Rule::Kind::list) {
        json list = json::array();
        for (const auto& item : value) list.push_back(complete(rule.item.front(), item));
        return list;
    }
    if (rule.kind != Rule::Kind::object || value.is_null()) return value;
    json object = json::object();
    for (const auto& field : rule.fields) {
        if (field.rule.read_only) continue;
        const bool given = value.contains(field.name);
        if (field.rule.hidden) {
            if (given) object[field.name] = value[field.name];
            continue;
        }
        object[field.name] = complete(field.rule, given ? value[field.name] : field.rule.preset);
    }
    return object;
}

json without_defaults(const Rule& rule, const json& value)
{
    if (rule.kind == Rule::Kind::list && value.is_array()) {
        json list = json::array();
        for (const auto& item : value) {
            list.push_back(without_defaults(rule.item.front(), item));
        }
        return list;
    }
    if (rule.kind != Rule::Kind::object || !value.is_object()) return value;
    json object = json::object();
    for (const auto& field : rule.fields) {
        if (field.rule.read_only || !value.contains(field.name)) continue;
        if (field.rule.hidden) {
            object[field.name] = value[field.name];
            continue;
        }
        auto inner = without_defaults(field.rule, value[field.name]);
        const bool object_of_ours = field.rule.kind == Rule::Kind::object;
        if (object_of_ours ? inner.empty() : inner == field.rule.preset) continue;
        object[field.name] = std::move(inner);
    }
    return object;
}

json without_secrets(const Rule& rule, json value)
{
    if (!value.is_object()) return value;
    for (const auto& field : rule.fields) {
        if (!value.contains(field.name)) continue;
        if (field.rule.write_only) {
            value.erase(field.name);
        } else if (field.rule.kind == Rule::Kind::object) {
            value[field.name] = without_secrets(field.rule, std::move(value[field.name]));
        }
    }
    return value;
}

json only_secrets(const Rule& rule, const json& value)
{
    json secrets = json::object();
    for (const auto& field : rule.fields) {
        if (!value.contains(field.name)) continue;
        if (field.rule.write_only) secrets[field.name] = value[field.name];
        if (field.rule.kind != Rule::Kind::object) continue;
        auto inner = only_secrets(field.rule, value[field.name]);
        if (!inner.empty()) secrets[field.name] = std::move(inner);
    }
    return secrets;
}

}  // namespace sluice::control
