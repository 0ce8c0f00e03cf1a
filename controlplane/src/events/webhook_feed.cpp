#include "webhook_feed.hpp"

#include <algorithm>
#include <utility>

#include "../service/event_pattern.hpp"
#include "../store/schema.hpp"
#include "signature.hpp"

namespace sluice::control::events {
namespace {

using nlohmann::json;
namespace schema = store::schema;

constexpr std::size_t kRecords = 40;  ///< in one transaction, which may remove as many
constexpr std::size_t kNotes = 8;

/// Events of strangers may have any type in any place.
std::string text_of(const json& object, const char* name)
{
    const auto found = object.is_object() ? object.value(name, json()) : json();
    return found.is_string() ? found.get<std::string>() : std::string();
}

std::string channel_of(const json& event)
{
    return text_of(event, "channel");
}

DeliveryQueue::Item item_of(const json& event)
{
    return {event.at("number"), event.at("ts_ms")};
}

}  // namespace

Result<void> WebhookFeed::adopt(const store::Store& store, const Journal& journal,
                                const Webhooks::Stored& stored)
{
    if (version_ == stored.version) return {};
    const auto& document = stored.document;
    if (version_ == 0) {
        if (auto done = log_.load(store); !done) return done;
    }
    const bool begins = document.at("enabled").get<bool>() && !enabled_;
    if (begins) {
        auto state = store.get(schema::webhook_state(id_));
        if (!state) return tl::unexpected(state.error());
        const auto newest = journal.newest();
        if (!newest) return tl::unexpected(newest.error());
        // Disabled just when a backup was put back in which it is not: its place is gone.
        queue_ = DeliveryQueue::from(*state ? json::parse((*state)->value)
                                            : json{{"cursor", *newest}, {"lanes", json::object()}});
    }
    enabled_ = document.at("enabled");
    if (begins || !enabled_) {
        ++generation_;
        in_flight = 0;
    }
    if (!enabled_) queue_ = {};
    url_ = document.at("url");
    timeout_ = std::chrono::milliseconds(document.at("timeout_ms").get<int>());
    patterns_ = document.at("events").get<std::vector<std::string>>();
    channels_.reset();
    if (document.at("channels").is_array()) channels_ = document.at("channels");
    secrets_.clear();
    for (const auto& item : document.at("~secrets")) secrets_.push_back(item.at("secret"));
    version_ = stored.version;
    return {};
}

bool WebhookFeed::wants(const json& event) const
{
    const auto type = text_of(event, "type");
    // One that can't be reached must not be told so for ever.
    const bool of_webhook = type.starts_with("webhook.");
    if (of_webhook && text_of(event.value("data", json()), "webhook") == id_) return false;
    if (channels_ && !channels_->contains(channel_of(event))) return false;
    return std::ranges::any_of(patterns_,
                               [&](const auto& pattern) { return matches(pattern, type); });
}

Sending WebhookFeed::request(std::uint64_t tag, const EventFacts& event, std::string body,
                             std::string_view attempt_id, std::int64_t now_s) const
{
    Sending sending{.tag = tag, .url = url_, .headers = {}, .body = std::move(body)};
    sending.timeout = timeout_;
    sending.headers = {"Content-Type: application/json", "Sluice-Event-Id: " + event.id,
                       "Sluice-Event-Type: " + event.type,
                       std::string("Sluice-Delivery: ").append(attempt_id),
                       "Sluice-Signature: " + signature(secrets_, now_s, sending.body)};
    return sending;
}

Result<bool> WebhookFeed::read(const Journal& journal, std::int64_t now_ms, std::uint64_t& lost)
{
    if (!enabled_) return false;
    auto more = read_on(journal, now_ms, lost);
    if (!more) return more;
    auto again = recall(journal, now_ms, lost);
    if (!again) return again;
    return *more || *again;
}

Result<bool> WebhookFeed::read_on(const Journal& journal, std::int64_t now_ms, std::uint64_t& lost)
{
    if (!queue_.has_room()) return false;
    const auto page = journal.after(queue_.cursor(), kPage);
    if (!page) return tl::unexpected(page.error());
    for (const auto& event : *page) {
        const auto number = event.at("number").get<std::uint64_t>();
        lost += lose(queue_.cursor() + 1, number - 1, now_ms);
        if (wants(event)) queue_.offer(channel_of(event), item_of(event));
        queue_.read_up_to(number);
        dirty_ = true;
        if (!queue_.has_room()) return false;
    }
    return page->size() == kPage;
}

Result<bool> WebhookFeed::recall(const Journal& journal, std::int64_t now_ms, std::uint64_t& lost)
{
    const auto from = queue_.recall_from();
    if (!from) return false;
    const auto page = journal.after(*from, kPage);
    if (!page) return tl::unexpected(page.error());
    const auto cursor = queue_.cursor();
    auto until = *from;
    for (const auto& event : *page) {
        const auto number = event.at("number").get<std::uint64_t>();
        lost += lose(until + 1, std::min(number - 1, cursor), now_ms);
        until = std::min(number, cursor);
        if (number > cursor) break;
        if (wants(event)) queue_.recall(channel_of(event), item_of(event));
    }
    queue_.recalled(page->size() < kPage ? cursor : until);
    return true;
}

/// These are not in the journal any more. Answers how many of them may have been undelivered: what
/// the log has a record of was tried by its own lane.
std::uint64_t WebhookFeed::lose(std::uint64_t first, std::uint64_t last, std::int64_t now_ms)
{
    first = std::max(first, told_lost_ + 1);
    while (first <= last && log_.contains(first)) ++first;
    if (first > last) return 0;
    told_lost_ = last;
    record_lost(first, last - first + 1, now_ms);
    return last - first + 1;
}

void WebhookFeed::record(const EventFacts& event, json outcome)
{
    outcome["event_id"] = event.id;
    outcome["type"] = event.type;
    outcome["channel"] = event.channel;
    log_.put(event.number, std::move(outcome));
    dirty_ = true;
}

void WebhookFeed::record_lost(std::uint64_t number, std::uint64_t count, std::int64_t now_ms)
{
    record({number, {}, "events.lost", nullptr},
           {{"status", "lost"},
            {"attempts", 0},
            {"at_ms", now_ms},
            {"ms", nullptr},
            {"code", nullptr},
            {"error", count == 1 ? "the event was removed from the journal before"
                                 : "up to " + std::to_string(count) +
                                       " events were removed from the journal before"},
            {"next_attempt_at_ms", nullptr}});
}

Result<void> WebhookFeed::write(store::Store& store)
{
    std::vector<store::Operation> work{store::check(schema::webhook(id_), version_)};
    if (enabled_) {
        work.push_back(store::put(schema::webhook_state(id_), queue_.kept().dump()));
    }
    const auto records = std::min(log_.waiting(), kRecords);
    for (auto& operation : log_.to_write(records)) work.push_back(std::move(operation));
    const auto notes = static_cast<std::ptrdiff_t>(std::min(notes_.size(), kNotes));
    work.insert(work.end(), notes_.begin(), notes_.begin() + notes);
    auto done = store.commit(std::move(work));
    if (!done) return tl::unexpected(done.error());
    log_.forget_written(records);
    notes_.erase(notes_.begin(), notes_.begin() + notes);
    dirty_ = false;
    return {};
}

}  // namespace sluice::control::events
