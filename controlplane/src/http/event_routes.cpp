#include "event_routes.hpp"

#include <charconv>
#include <optional>
#include <string>

#include "../service/event_list.hpp"
#include "../service/event_pattern.hpp"
#include "paging.hpp"
#include "problem.hpp"

namespace sluice::control::http {
namespace {

std::optional<std::uint64_t> number(const std::string& text)
{
    std::uint64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || at != end || value >= INT64_MAX) return std::nullopt;
    return value;
}

constexpr PageSize kByNumber{.plain_cursor = true};

/// `after` is a number that the caller knows, `cursor` one that we answered: they mean the same.
std::optional<std::uint64_t> place_of(const Paging& paging, Findings& findings)
{
    const auto after = paging.filter("after");
    if (!after.empty() && !paging.cursor.empty()) {
        findings.add("cursor", "and after mean the same: give one of them");
        return std::nullopt;
    }
    const auto& text = after.empty() ? paging.cursor : after;
    if (text.empty()) return std::nullopt;
    const auto place = number(text);
    if (!place) {
        findings.add(after.empty() ? "cursor" : "after", "must be the number of an event");
    }
    return place;
}

Answer answer(const Journal& journal, const Request& request, EventQuery query,
              const Paging& paging)
{
    Findings findings;
    query.after = place_of(paging, findings);
    query.limit = paging.limit;
    query.type = paging.filter("type");
    query.scope = request.caller.scope;
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    const auto page = list_events(journal, query);
    if (page) return json_reply(200, *page).with("Cache-Control", "no-store");
    if (page.error().code != Errc::gone) return tl::unexpected(page.error());
    const auto oldest = journal.oldest();
    if (!oldest) return tl::unexpected(oldest.error());
    return problem(page.error(), request.header("accept-language"))
        .with("Sluice-Oldest-Event", std::to_string(*oldest));
}

}  // namespace

void EventRoutes::mount(Router& router)
{
    router.add(
        "GET", "/api/v1/events", Scope::viewer, [this](const Request& r) { return list(r); },
        kOwnParameters);
    router.add(
        "GET", "/api/v1/channels/{id}/events", Scope::viewer,
        [this](const Request& r) { return of_channel(r); }, kOwnParameters);
}

Answer EventRoutes::list(const Request& request) const
{
    static const std::vector<Filter> filters{
        {"after", rules::text(1, 20)},
        {"channel", rules::text(1, 256)},
        {"type", rules::text(1, 64).with(formats::event_pattern)}};
    const auto paging = paging_of(request, filters, kByNumber);
    if (!paging) return tl::unexpected(paging.error());
    return answer(journal_, request, {.channel = paging->filter("channel")}, *paging);
}

Answer EventRoutes::of_channel(const Request& request) const
{
    static const std::vector<Filter> filters{
        {"after", rules::text(1, 20)}, {"type", rules::text(1, 64).with(formats::event_pattern)}};
    const auto paging = paging_of(request, filters, kByNumber);
    if (!paging) return tl::unexpected(paging.error());
    const auto channel = channels_.get(request.param("id"));
    if (!channel) return tl::unexpected(channel.error());
    return answer(journal_, request, {.channel = request.param("id")}, *paging);
}

}  // namespace sluice::control::http
