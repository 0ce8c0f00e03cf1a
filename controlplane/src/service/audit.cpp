#include "audit.hpp"

#include <utility>

#include "../store/schema.hpp"
#include "core/hook/redact.hpp"
#include "timestamp.hpp"

namespace sluice::control::audit {
namespace {

using nlohmann::json;

/// Members that every change touches; they would say nothing.
bool is_bookkeeping(const std::string& name)
{
    return name == "version" || name == "updated_at";
}

void collect(const json& before, const json& after, const std::string& path,
             std::vector<std::string>& out)
{
    if (before == after) return;
    if (!before.is_object() || !after.is_object()) {
        out.push_back(path);
        return;
    }
    const auto below = [&](const std::string& name) {
        return path.empty() ? name : path + "." + name;
    };
    for (const auto& [name, value] : before.items()) {
        if (path.empty() && is_bookkeeping(name)) continue;
        collect(value, after.value(name, json()), below(name), out);
    }
    for (const auto& [name, value] : after.items()) {
        if (path.empty() && is_bookkeeping(name)) continue;
        if (!before.contains(name)) collect(json(), value, below(name), out);
    }
}

/// A secret's place without its value.
void mask(const Rule& rule, json& document)
{
    if (rule.holds_secret && document.is_string()) {
        document = hook::Redactor({})(document.get<std::string>());
    }
    if (document.is_array()) {
        for (auto& item : document) mask(rule.item.front(), item);
    }
    if (!document.is_object()) return;
    for (const auto& field : rule.fields) {
        const auto member = document.find(field.name);
        if (member == document.end() || member->is_null()) continue;
        if (field.rule.write_only) {
            *member = "(secret)";
        } else {
            mask(field.rule, *member);
        }
    }
}

}  // namespace

json difference(const json& from, const json& to)
{
    if (!from.is_object() || !to.is_object()) return from;
    json out = json::object();
    for (const auto& [name, value] : from.items()) {
        if (!to.contains(name)) {
            out[name] = value;
        } else if (value != to.at(name)) {
            out[name] = difference(value, to.at(name));
        }
    }
    // What is only on the other side is stated as absent here.
    for (const auto& [name, value] : to.items()) {
        if (!from.contains(name)) out[name] = nullptr;
    }
    return out;
}

std::vector<std::string> changed_fields(const json& before, const json& after)
{
    std::vector<std::string> out;
    collect(before, after, "", out);
    return out;
}

store::Operation entry(const Caller& by, const Change& change)
{
    static const json kNothing;
    const auto& absent = change.defaults == nullptr ? kNothing : *change.defaults;
    auto before = difference(change.before, change.after.is_null() ? absent : change.after);
    auto after = difference(change.after, change.before.is_null() ? absent : change.before);
    if (change.rule != nullptr) {
        mask(*change.rule, before);
        mask(*change.rule, after);
    }
    json record{{"at", format_timestamp(now_s())},
                {"action", change.action},
                {"target", change.target},
                {"by",
                 {{"kind", to_string(by.kind)},
                  {"id", by.id},
                  {"name", by.name},
                  {"scope", to_string(by.scope)}}},
                {"address", by.address.empty() ? json() : json(by.address)},
                {"before", std::move(before)},
                {"after", std::move(after)}};
    return store::append(std::string(store::schema::kAudit), "",
                         [record = std::move(record)](const store::Position& position) mutable {
                             record["number"] = position.number;
                             return record.dump(-1, ' ', false, json::error_handler_t::replace);
                         });
}

}  // namespace sluice::control::audit
