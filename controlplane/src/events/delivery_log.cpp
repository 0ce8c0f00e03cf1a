#include "delivery_log.hpp"

#include <charconv>
#include <utility>

#include "../store/schema.hpp"

namespace sluice::control::events {
namespace {

using nlohmann::json;

std::uint64_t number_of(std::string_view key)
{
    std::uint64_t number = 0;
    const auto digits = key.substr(key.rfind('/') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

std::string prefix_of(std::string_view webhook)
{
    return store::schema::webhook_log(webhook);
}

}  // namespace

Result<void> DeliveryLog::load(const store::Store& store)
{
    const auto prefix = prefix_of(webhook_);
    auto page = store.list(prefix, "", 2 * kKept);
    if (!page) return tl::unexpected(page.error());
    for (const auto& entry : page->items) known_.insert(number_of(entry.key));
    return {};
}

void DeliveryLog::put(std::uint64_t number, json record)
{
    record["number"] = number;
    waiting_[number] = std::move(record);
}

/// What is older than this makes way, or does not come in at all.
std::uint64_t DeliveryLog::oldest_kept() const
{
    auto all = known_;
    for (const auto& [number, record] : waiting_) all.insert(number);
    if (all.size() <= kKept) return 0;
    return *std::prev(all.end(), kKept);
}

/// As many old records as come in: the log grows no more than it shrinks.
std::vector<std::uint64_t> DeliveryLog::outgoing(std::size_t count, std::uint64_t oldest) const
{
    std::vector<std::uint64_t> numbers;
    for (const auto number : known_) {
        if (number >= oldest || numbers.size() == count) break;
        if (!waiting_.contains(number)) numbers.push_back(number);
    }
    return numbers;
}

std::vector<store::Operation> DeliveryLog::to_write(std::size_t count) const
{
    std::vector<store::Operation> work;
    const auto prefix = prefix_of(webhook_);
    const auto oldest = oldest_kept();
    auto room = count;
    for (const auto& [number, record] : waiting_) {
        if (room-- == 0) break;
        const auto key = store::numbered_key(prefix, number);
        if (number < oldest) {
            work.push_back(store::remove(key));
        } else {
            work.push_back(
                store::put(key, record.dump(-1, ' ', false, json::error_handler_t::replace)));
        }
    }
    for (const auto number : outgoing(count, oldest)) {
        work.push_back(store::remove(store::numbered_key(prefix, number)));
    }
    return work;
}

void DeliveryLog::forget_written(std::size_t count)
{
    const auto oldest = oldest_kept();
    for (const auto number : outgoing(count, oldest)) known_.erase(number);
    while (count-- > 0 && !waiting_.empty()) {
        const auto number = waiting_.begin()->first;
        if (number >= oldest) {
            known_.insert(number);
        } else {
            known_.erase(number);
        }
        waiting_.erase(waiting_.begin());
    }
}

Result<json> list_deliveries(const store::Store& store, std::string_view webhook, std::size_t limit,
                             std::string_view cursor)
{
    const auto prefix = prefix_of(webhook);
    std::uint64_t before = 0;
    const auto [at, error] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), before);
    if (!cursor.empty() && (error != std::errc() || at != cursor.data() + cursor.size())) {
        return fail(Errc::invalid, "the cursor is not one of ours",
                    {{"cursor", "must be the next_cursor of an earlier answer"}});
    }
    auto page = store.list_back(
        prefix, cursor.empty() ? std::string() : store::numbered_key(prefix, before), limit);
    if (!page) return tl::unexpected(page.error());
    json items = json::array();
    for (const auto& entry : page->items) items.push_back(json::parse(entry.value));
    const auto next = page->more ? json(std::to_string(number_of(page->items.back().key))) : json();
    return json{{"items", std::move(items)}, {"next_cursor", next}};
}

Result<json> get_delivery(const store::Store& store, std::string_view webhook, std::uint64_t number)
{
    auto entry = store.get(store::numbered_key(prefix_of(webhook), number));
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return fail(Errc::not_found, "there is no such delivery, or not any more");
    return json::parse((*entry)->value);
}

Result<void> remove_deliveries(store::Store& store, std::string_view webhook)
{
    const auto prefix = prefix_of(webhook);
    while (true) {
        auto page = store.list(prefix, "", store::kMaxOperations);
        if (!page) return tl::unexpected(page.error());
        if (page->items.empty()) return {};
        std::vector<store::Operation> work;
        for (const auto& entry : page->items) work.push_back(store::remove(entry.key));
        if (auto done = store.commit(std::move(work)); !done) return tl::unexpected(done.error());
    }
}

}  // namespace sluice::control::events
