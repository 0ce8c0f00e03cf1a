#include "audit_log.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "../store/schema.hpp"
#include "timestamp.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
namespace schema = store::schema;

constexpr std::size_t kPage = 500;

Result<json> parse_entry(const store::Entry& entry)
{
    auto item = json::parse(entry.value, nullptr, false);
    if (!item.is_object()) return fail(Errc::internal, "an entry of the audit log is damaged");
    return item;
}

std::int64_t time_of(const json& item)
{
    return parse_timestamp(item.value("at", "")).value_or(0);
}

bool is_action(const std::string& wanted, const std::string& action)
{
    if (!wanted.ends_with(".*")) return action == wanted;
    return action.starts_with(wanted.substr(0, wanted.size() - 1));
}

bool holds(const AuditLog::Filter& filter, const json& item)
{
    const auto by = item.value("by", json::object());
    const bool actor = filter.actor.empty() || by.value("id", "") == filter.actor ||
                       by.value("name", "") == filter.actor;
    const bool action = filter.action.empty() || is_action(filter.action, item.value("action", ""));
    const bool target = filter.target.empty() || item.value("target", "") == filter.target;
    if (!actor || !action || !target) return false;
    const auto at = time_of(item);
    return (!filter.from_s || at >= *filter.from_s) && (!filter.to_s || at < *filter.to_s);
}

}  // namespace

Result<json> AuditLog::list(const Filter& filter, std::size_t limit,
                            std::optional<std::uint64_t> before) const
{
    json items = json::array();
    auto key = before ? store::numbered_key(schema::kAudit, *before) : std::string();
    json last;  // the number that was looked at last
    for (std::size_t seen = 0; seen < kMaxScan; seen += kPage) {
        auto page = store_.list_back(schema::kAudit, key, std::min(kPage, kMaxScan - seen));
        if (!page) return tl::unexpected(page.error());
        for (std::size_t i = 0; i < page->items.size(); ++i) {
            auto item = parse_entry(page->items[i]);
            if (!item) return item;
            last = item->at("number");
            if (holds(filter, *item)) items.push_back(std::move(*item));
            if (items.size() < limit) continue;
            const bool more = page->more || i + 1 < page->items.size();
            const auto next = more ? json(std::to_string(last.get<std::uint64_t>())) : json();
            return json{{"items", std::move(items)}, {"next_cursor", next}};
        }
        if (!page->more) return json{{"items", std::move(items)}, {"next_cursor", nullptr}};
        key = page->items.back().key;
    }
    return json{{"items", std::move(items)},
                {"next_cursor", std::to_string(last.get<std::uint64_t>())}};
}

Result<json> AuditLog::get(std::uint64_t number) const
{
    auto entry = store_.get(store::numbered_key(schema::kAudit, number));
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return fail(Errc::not_found, "there is no such entry, or it is too old");
    return parse_entry(**entry);
}

Result<void> AuditLog::prune(std::int64_t now_s, std::uint64_t keep)
{
    auto newest = store_.list_back(schema::kAudit, "", 1);
    if (!newest) return tl::unexpected(newest.error());
    if (newest->items.empty()) return {};
    auto last = parse_entry(newest->items.front());
    if (!last) return tl::unexpected(last.error());
    const auto number = last->at("number").get<std::uint64_t>();
    const auto first_kept =
        store::numbered_key(schema::kAudit, number > keep ? number - keep + 1 : 0);
    while (true) {
        auto page = store_.list(schema::kAudit, "", store::kMaxOperations);
        if (!page) return tl::unexpected(page.error());
        std::vector<store::Operation> old;
        for (const auto& entry : page->items) {
            const auto item = json::parse(entry.value, nullptr, false);
            const bool aged = item.is_object() && time_of(item) + kMaxAgeS < now_s;
            if (entry.key >= first_kept && !aged) break;
            old.push_back(store::remove(entry.key));
        }
        const bool more = old.size() == page->items.size() && page->more;
        if (old.empty()) return {};
        if (auto done = store_.commit(std::move(old)); !done) return tl::unexpected(done.error());
        if (!more) return {};
    }
}

}  // namespace sluice::control
