#include "event_list.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "event_pattern.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 3> kKinds{"stream.", "viewer.", "channel."};
constexpr std::string_view kRefused = "stream.rejected";  // its channel is what a stranger typed
constexpr std::array kData{"reason", "resumed", "limit"};
constexpr std::size_t kPage = 500;

bool asked_for(const EventQuery& query, const json& event)
{
    if (!query.type.empty() && !matches(query.type, event.value("type", ""))) return false;
    return query.channel.empty() || event.value("channel", json()) == json(query.channel);
}

}  // namespace

json shown_to(Scope scope, const json& event)
{
    if (scope != Scope::viewer) return event;
    const auto type = event.value("type", "");
    const bool ours =
        std::ranges::any_of(kKinds, [&](auto kind) { return type.starts_with(kind); });
    if (!ours || type == kRefused) return nullptr;
    auto shown = event;
    shown["data"] = json::object();
    const auto data = event.value("data", json::object());
    for (const auto* name : kData) {
        if (data.contains(name)) shown["data"][name] = data[name];
    }
    return shown;
}

Result<json> list_events(const Journal& journal, const EventQuery& query)
{
    const auto oldest = journal.oldest();
    if (!oldest) return tl::unexpected(oldest.error());
    auto last = query.after.value_or(*oldest - 1);
    if (last + 1 < *oldest) {
        return fail(Errc::gone, "the oldest event that is kept is number " +
                                    std::to_string(*oldest) + ": ask for what is after " +
                                    std::to_string(*oldest - 1));
    }
    json items = json::array();
    for (std::size_t looked = 0; looked < kMaxLooked;) {
        const auto page = journal.after(last, kPage);
        if (!page) return tl::unexpected(page.error());
        for (const auto& event : *page) {
            const auto shown = asked_for(query, event) ? shown_to(query.scope, event) : json();
            if (!shown.is_null() && items.size() == query.limit) {
                return json{{"items", std::move(items)}, {"next_cursor", std::to_string(last)}};
            }
            last = event.at("number");
            if (!shown.is_null()) items.push_back(shown);
        }
        looked += page->size();
        if (page->size() < kPage) {
            return json{{"items", std::move(items)}, {"next_cursor", nullptr}};
        }
    }
    return json{{"items", std::move(items)}, {"next_cursor", std::to_string(last)}};
}

}  // namespace sluice::control
