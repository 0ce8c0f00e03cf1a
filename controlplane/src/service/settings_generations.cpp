#include <algorithm>
#include <utility>

#include "settings.hpp"
#include "settings_schema.hpp"
#include "text_diff.hpp"
#include "timestamp.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

json to_json(const nginx::Generation& g)
{
    using State = nginx::Generation::State;
    json item{{"generation", g.number},
              {"created_at", format_timestamp(g.created_at_s)},
              {"state", g.state == State::in_force ? "in_force"
                        : g.state == State::failed ? "failed"
                                                   : "replaced"},
              {"ports",
               {{"http", g.ports.http},
                {"https", g.ports.https},
                {"rtmp", g.ports.rtmp},
                {"rtmps", g.ports.rtmps}}}};
    item["reason"] = g.reason.empty() ? json(nullptr) : json(g.reason);
    return item;
}

/// The members that differ, by their paths.
void add_differences(const json& before, const json& after, const std::string& path, json& out)
{
    if (before == after) return;
    if (!before.is_object() || !after.is_object()) {
        out.push_back({{"path", path}, {"before", before}, {"after", after}});
        return;
    }
    auto names = before;
    names.update(after);
    for (const auto& [name, value] : names.items()) {
        add_differences(before.value(name, json()), after.value(name, json()),
                        path.empty() ? name : path + "." + name, out);
    }
}

/// Secrets that differ, without their values.
void add_secrets(const json& before, const json& after, json& out)
{
    const auto secrets = [](const json& document) {
        const auto found = only_secrets(settings_rule(), document);
        return found.empty() ? json::object() : found.flatten();
    };
    const auto old = secrets(before);
    const auto now = secrets(after);
    auto names = old;
    names.update(now);
    for (const auto& [pointer, value] : names.items()) {
        const auto was = old.value(pointer, json());
        const auto is = now.value(pointer, json());
        if (was == is) continue;
        auto path = pointer.substr(1);
        std::ranges::replace(path, '/', '.');
        out.push_back({{"path", path},
                       {"before", was.is_null() ? json() : json("(secret)")},
                       {"after", is.is_null() ? json() : json("(secret, changed)")}});
    }
}

/// The settings that a generation was made of, without secrets; null when they are not known.
json settings_of(const json& origin)
{
    if (!origin.is_object()) return nullptr;
    return without_secrets(settings_rule(), origin.at("document"));
}

}  // namespace

json Settings::generations(std::size_t limit, std::uint32_t before) const
{
    json items = json::array();
    json next;
    for (const auto& generation : activation_.generations().list()) {
        if (generation.number >= before) continue;
        if (items.size() == limit) {
            next = std::to_string(items.back().at("generation").get<std::uint32_t>());
            break;
        }
        items.push_back(to_json(generation));
    }
    return {{"items", std::move(items)}, {"next_cursor", next}};
}

Result<nginx::Generation> Settings::kept(std::uint32_t number) const
{
    const auto& known = activation_.generations();
    if (auto found = known.find(number)) return *found;
    const auto all = known.list();
    if (!all.empty() && number < all.front().number) {
        return fail(Errc::gone, "generation " + std::to_string(number) +
                                    " is no longer kept: only the newest ones are");
    }
    return fail(Errc::not_found, "there is no generation " + std::to_string(number));
}

Result<json> Settings::generation(std::uint32_t number) const
{
    return kept(number).map([&](const nginx::Generation& found) {
        const auto origin = activation_.generations().origin(number);
        auto item = to_json(found);
        item["settings"] = settings_of(origin);
        item["by"] = origin.is_object() ? origin.value("by", json()) : json();
        return item;
    });
}

Result<json> Settings::generation_diff(std::uint32_t number,
                                       std::optional<std::uint32_t> against) const
{
    const auto& known = activation_.generations();
    const auto other = against.value_or(known.current());
    for (const auto each : {number, other}) {
        if (auto found = kept(each); !found) return tl::unexpected(found.error());
    }
    json settings = json::array();
    const auto from = known.origin(other);
    const auto to = known.origin(number);
    const auto before = settings_of(from);
    const auto after = settings_of(to);
    if (before.is_null() || after.is_null()) {
        settings = nullptr;
    } else {
        add_differences(before, after, "", settings);
        add_secrets(from.at("document"), to.at("document"), settings);
    }
    const auto diff = text_diff(known.text(other).value_or(""), known.text(number).value_or(""));
    return json{{"generation", number},
                {"against", other},
                {"settings", std::move(settings)},
                {"files", json::array({{{"name", "nginx.conf"}, {"diff", diff}}})}};
}

Result<json> Settings::roll_back(const Caller& by, std::uint32_t number,
                                 const std::optional<IfMatch>& match)
{
    const auto found = kept(number);
    if (!found) return tl::unexpected(found.error());
    if (found->state == nginx::Generation::State::failed) {
        return fail(Errc::conflict, "generation " + std::to_string(number) +
                                        " never was in force: " + found->reason);
    }
    const auto origin = activation_.generations().origin(number);
    if (!origin.is_object()) {
        return fail(Errc::conflict, "the settings of generation " + std::to_string(number) +
                                        " are not known: an earlier release made it");
    }
    return submit({.whole = true,
                   .change = &origin.at("document"),
                   .match = match,
                   .by = &by,
                   .generation = number});
}

/// The settings that are in force belong to the generation that is: some change without a new one.
void Settings::remember(const json& document, const json& by) const
{
    const auto& known = activation_.generations();
    const auto number = known.current();
    auto origin = known.origin(number);
    if (origin.is_object() && origin.at("document") == document) return;
    known.remember(
        number, {{"document", document}, {"by", origin.is_object() ? origin.value("by", by) : by}});
}

}  // namespace sluice::control
