#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "../service/journal.hpp"
#include "../service/webhooks.hpp"
#include "delivery_log.hpp"
#include "delivery_queue.hpp"
#include "sender.hpp"

namespace sluice::control::events {

/// What a delivery's record and headers tell of its event.
struct EventFacts {
    std::uint64_t number = 0;
    std::string id;
    std::string type;
    nlohmann::json channel;
};

/// One webhook as the deliverer holds it: what it wants, what it still has to get, what became of
/// the rest.
class WebhookFeed {
public:
    static constexpr std::size_t kPage = 500;

    explicit WebhookFeed(const std::string& id) : id_(id), log_(id) {}

    /// Takes the document over; an enabled one that was not goes on where the store says.
    Result<void> adopt(const store::Store& store, const Journal& journal,
                       const Webhooks::Stored& stored);

    const std::string& id() const { return id_; }
    bool enabled() const { return enabled_; }
    /// Another one than when a request was begun: its outcome is for nobody.
    std::uint64_t generation() const { return generation_; }

    Sending request(std::uint64_t tag, const EventFacts& event, std::string body,
                    std::string_view attempt_id, std::int64_t now_s) const;

    /// Reads on in the journal, and again for lanes that know too little. True when there is more
    /// to read at once. `lost` counts events that were removed before they were read.
    Result<bool> read(const Journal& journal, std::int64_t now_ms, std::uint64_t& lost);

    DeliveryQueue& queue() { return queue_; }
    const DeliveryQueue& queue() const { return queue_; }

    /// What became of an event; `outcome` holds the members of its record beside those of `event`.
    void record(const EventFacts& event, nlohmann::json outcome);
    /// At most `count` of the events from `number` on will never be delivered.
    void record_lost(std::uint64_t number, std::uint64_t count, std::int64_t now_ms);
    /// To be journalled with the state.
    void note(store::Operation entry) { notes_.push_back(std::move(entry)); }
    void touch() { dirty_ = true; }

    bool must_write() const { return dirty_ || log_.waiting() > 0 || !notes_.empty(); }
    std::size_t unwritten() const { return log_.waiting() + notes_.size(); }
    /// Writes state, records and notes in one transaction, or a part of them. Errc::precondition
    /// when the webhook is another one by now.
    Result<void> write(store::Store& store);

    std::size_t in_flight = 0;
    std::int64_t write_from_ms = 0;  ///< not before

private:
    bool wants(const nlohmann::json& event) const;
    Result<bool> read_on(const Journal& journal, std::int64_t now_ms, std::uint64_t& lost);
    Result<bool> recall(const Journal& journal, std::int64_t now_ms, std::uint64_t& lost);
    std::uint64_t lose(std::uint64_t first, std::uint64_t last, std::int64_t now_ms);

    std::string id_;
    std::uint64_t version_ = 0;
    std::uint64_t generation_ = 0;
    bool enabled_ = false;
    std::string url_;
    std::chrono::milliseconds timeout_{5000};
    std::vector<std::string> secrets_;
    std::vector<std::string> patterns_;
    std::optional<std::set<std::string>> channels_;

    DeliveryQueue queue_;
    DeliveryLog log_;
    std::vector<store::Operation> notes_;
    bool dirty_ = false;
    std::uint64_t told_lost_ = 0;  ///< what is missing up to here is in the log
};

}  // namespace sluice::control::events
