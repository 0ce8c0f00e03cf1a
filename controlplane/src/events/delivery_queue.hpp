#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace sluice::control::events {

/// How long to wait before the next attempt: `base` the first time, then twice as long each time,
/// up to kMaxDelayMs, shortened at random by up to a half.
struct BackOff {
    static constexpr std::int64_t kMaxDelayMs = 600'000;
    static constexpr std::int64_t kMaxRetryAfterMs = 3'600'000;

    std::int64_t base_ms = 1000;
    std::function<double()> random = [] { return 0.0; };  ///< of [0, 1)

    std::int64_t delay_ms(unsigned attempts, std::int64_t retry_after_s) const;
};

/// What one webhook still has to deliver, in order per channel: a cursor into the journal, and a
/// lane for each channel that has something undelivered behind it. A lane that fails holds up
/// nobody else. Memory is bounded: a lane knows the numbers of its next kLane events, the others
/// are found again in the journal; with kMaxLanes lanes the cursor stands still.
///
/// Kept as {"cursor": 17, "lanes": {"demo": [12, 3, 1766000000000]}}: of this channel, what is from
/// number 12 on is not delivered, three attempts were made, the next is due at that time.
class DeliveryQueue {
public:
    static constexpr std::size_t kLane = 16;
    static constexpr std::size_t kMaxLanes = 1000;
    static constexpr std::int64_t kGiveUpMs = 24LL * 3600 * 1000;

    struct Item {
        std::uint64_t number = 0;
        std::int64_t ts_ms = 0;
    };

    DeliveryQueue() = default;
    static DeliveryQueue from(const nlohmann::json& kept);
    nlohmann::json kept() const;

    /// Reading onwards: events behind cursor() are to be offered, in order, while there is room.
    std::uint64_t cursor() const { return cursor_; }
    bool has_room() const { return lanes_.size() < kMaxLanes; }
    void offer(const std::string& channel, Item item);
    void read_up_to(std::uint64_t number) { cursor_ = number; }

    /// Reading again: where lanes that know too little are to be served from; nothing when none
    /// is. Offer each event up to `until` with recall(), then recalled(until).
    std::optional<std::uint64_t> recall_from();
    void recall(const std::string& channel, Item item);
    void recalled(std::uint64_t until);

    struct Due {
        std::string channel;
        Item item;
        unsigned attempt = 1;  ///< counts from 1
    };

    /// The next event to be sent now; its lane is then taken until one of the calls below. Lanes
    /// take turns.
    std::optional<Due> take(std::int64_t now_ms);
    void delivered(const std::string& channel);
    /// True when it is given up: the lane goes on with its next event.
    bool failed(const std::string& channel, std::int64_t now_ms, std::int64_t delay_ms);
    /// Frees the lane without a verdict.
    void put_back(const std::string& channel);
    /// The same, until a time.
    void postpone(const std::string& channel, std::int64_t until_ms);

    /// When the next lane is due; nothing when none waits for a time.
    std::optional<std::int64_t> next_due_ms() const;
    std::int64_t next_attempt_ms(const std::string& channel) const;

    /// The oldest event that is still needed.
    std::uint64_t needed_from() const;
    std::optional<std::int64_t> oldest_ts_ms() const;
    /// How many are known to wait; there may be more behind the cursor.
    std::size_t waiting() const;

private:
    struct Lane {
        std::deque<Item> items;
        std::uint64_t known = 0;  ///< what is up to here is in `items` or done
        bool behind = false;      ///< `known` is less than the cursor
        bool taken = false;
        unsigned attempts = 0;
        std::int64_t next_ms = 0;
    };
    using Lanes = std::map<std::string, Lane>;

    void pop(Lanes::iterator lane);
    void drop_if_done(Lanes::iterator lane);

    std::uint64_t cursor_ = 0;
    Lanes lanes_;
    std::uint64_t recalling_ = 0;  ///< lanes that know less are not served by this reading
    std::string turn_;             ///< the lane that was served last
};

}  // namespace sluice::control::events
