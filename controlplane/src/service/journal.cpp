#include "journal.hpp"

#include <charconv>
#include <utility>

#include "../store/schema.hpp"
#include "random.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
namespace schema = store::schema;

constexpr std::size_t kIdBytes = 4;

std::string document(const std::string& installation, const Event& event,
                     const store::Position& position)
{
    const json text{
        {"id", installation + "-" + std::to_string(position.number)},
        {"number", position.number},
        {"seq", position.in_sequence},
        {"type", event.type},
        {"channel", event.channel.empty() ? json() : json(event.channel)},
        {"ts_ms", event.ts_ms},
        {"source", event.of_nginx ? "nginx" : "control"},
        {"data", event.data},
    };
    // Names and reasons come from outside: what is not UTF-8 must not make this throw.
    return text.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::uint64_t number_of_first(const store::Page& page)
{
    if (page.items.empty()) return 0;
    const auto& key = page.items.front().key;
    std::uint64_t number = 0;
    std::from_chars(key.data() + schema::kEvents.size(), key.data() + key.size(), number);
    return number;
}

}  // namespace

Result<Journal> Journal::open(store::Store& store)
{
    auto entry = store.get(schema::kInstallation);
    if (!entry) return tl::unexpected(entry.error());
    if (*entry) return Journal(store, (*entry)->value);
    auto id = random_hex(kIdBytes);
    auto done = store.commit({store::put(std::string(schema::kInstallation), id, 0)});
    if (!done) return tl::unexpected(done.error());
    return Journal(store, std::move(id));
}

store::Operation Journal::entry(const Event& event) const
{
    return store::append(std::string(schema::kEvents), event.channel,
                         [installation = installation_, event](const store::Position& position) {
                             return document(installation, event, position);
                         });
}

Result<void> Journal::record(const Event& event) const
{
    return store_.commit({entry(event)}).map([](store::Revision) {});
}

Result<json> Journal::after(std::uint64_t after, std::size_t limit) const
{
    auto page = store_.list(schema::kEvents, store::numbered_key(schema::kEvents, after), limit);
    if (!page) return tl::unexpected(page.error());
    json items = json::array();
    for (const auto& entry : page->items) {
        auto item = json::parse(entry.value, nullptr, false);
        if (!item.is_object()) return fail(Errc::internal, "an event of the journal is damaged");
        items.push_back(std::move(item));
    }
    return items;
}

Result<std::optional<std::string>> Journal::text(std::uint64_t number) const
{
    return store_.get(store::numbered_key(schema::kEvents, number))
        .map([](std::optional<store::Entry>&& entry) {
            return entry ? std::optional(std::move(entry->value)) : std::nullopt;
        });
}

json Journal::apart(const Event& event) const
{
    auto text = json::parse(document(installation_, event, {}));
    text["id"] = installation_ + "-" + random_hex(8);
    text["number"] = nullptr;
    text["seq"] = nullptr;
    return text;
}

Result<std::uint64_t> Journal::newest() const
{
    // Retention keeps the newest one: an empty journal is one that was never used.
    return store_.list_back(schema::kEvents, "", 1).map(number_of_first);
}

Result<std::uint64_t> Journal::oldest() const
{
    auto page = store_.list(schema::kEvents, "", 1);
    if (!page) return tl::unexpected(page.error());
    return page->items.empty() ? 1 : number_of_first(*page);
}

void Journal::wait(store::Revision& seen, std::chrono::milliseconds wait) const
{
    const auto changes = store_.watch(schema::kEvents, seen, wait);
    if (changes) {
        seen = changes->revision;
        return;
    }
    // Too far behind to be told: the caller looks anyway.
    if (const auto now = store_.revision()) seen = *now;
}

}  // namespace sluice::control
