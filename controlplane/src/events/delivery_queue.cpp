#include "delivery_queue.hpp"

#include <algorithm>
#include <utility>

namespace sluice::control::events {

using nlohmann::json;

std::int64_t BackOff::delay_ms(unsigned attempts, std::int64_t retry_after_s) const
{
    const auto doublings = std::min(attempts == 0 ? 0U : attempts - 1, 30U);
    const auto full = std::min(base_ms << doublings, kMaxDelayMs);
    const auto asked = std::clamp<std::int64_t>(retry_after_s, 0, kMaxRetryAfterMs / 1000) * 1000;
    const auto spread = static_cast<std::int64_t>(static_cast<double>(full) * random() / 2);
    return std::max(full - spread, asked);
}

DeliveryQueue DeliveryQueue::from(const json& kept)
{
    DeliveryQueue queue;
    queue.cursor_ = kept.at("cursor");
    for (const auto& [channel, facts] : kept.at("lanes").items()) {
        const auto first = facts.at(0).get<std::uint64_t>();
        queue.lanes_[channel] = {.items = {},
                                 .known = first - 1,
                                 .behind = true,
                                 .taken = false,
                                 .attempts = facts.at(1),
                                 .next_ms = facts.at(2)};
    }
    return queue;
}

json DeliveryQueue::kept() const
{
    json lanes = json::object();
    for (const auto& [channel, lane] : lanes_) {
        const auto first = lane.items.empty() ? lane.known + 1 : lane.items.front().number;
        lanes[channel] = {first, lane.attempts, lane.next_ms};
    }
    return {{"cursor", cursor_}, {"lanes", std::move(lanes)}};
}

void DeliveryQueue::offer(const std::string& channel, Item item)
{
    auto& lane = lanes_[channel];
    if (!lane.behind && lane.items.size() >= kLane) {
        lane.behind = true;
        lane.known = lane.items.back().number;
    }
    if (!lane.behind) lane.items.push_back(item);
}

std::optional<std::uint64_t> DeliveryQueue::recall_from()
{
    std::optional<std::uint64_t> from;
    for (const auto& [channel, lane] : lanes_) {
        if (!lane.behind || lane.items.size() > kLane / 2) continue;
        from = std::min(from.value_or(UINT64_MAX), lane.known);
    }
    recalling_ = from.value_or(0);
    return from;
}

void DeliveryQueue::recall(const std::string& channel, Item item)
{
    const auto found = lanes_.find(channel);
    if (found == lanes_.end()) return;
    auto& lane = found->second;
    if (!lane.behind || lane.known < recalling_) return;
    if (item.number <= lane.known || lane.items.size() >= kLane) return;
    lane.items.push_back(item);
    lane.known = item.number;
}

void DeliveryQueue::recalled(std::uint64_t until)
{
    for (auto lane = lanes_.begin(); lane != lanes_.end();) {
        const auto current = lane++;
        auto& facts = current->second;
        // A full lane may have left events out.
        const bool full = facts.items.size() >= kLane;
        if (!facts.behind || full || facts.known < recalling_) continue;
        facts.known = std::max(facts.known, until);
        facts.behind = facts.known < cursor_;
        drop_if_done(current);
    }
}

std::optional<DeliveryQueue::Due> DeliveryQueue::take(std::int64_t now_ms)
{
    auto lane = lanes_.upper_bound(turn_);
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        if (lane == lanes_.end()) lane = lanes_.begin();
        auto& facts = lane->second;
        // A clock that was set back must not hold a lane for longer than any delay.
        const bool due =
            facts.next_ms <= now_ms ||
            facts.next_ms > now_ms + std::max(BackOff::kMaxDelayMs, BackOff::kMaxRetryAfterMs);
        if (!facts.taken && !facts.items.empty() && due) {
            facts.taken = true;
            turn_ = lane->first;
            return Due{lane->first, facts.items.front(), facts.attempts + 1};
        }
        ++lane;
    }
    return std::nullopt;
}

void DeliveryQueue::pop(Lanes::iterator lane)
{
    auto& facts = lane->second;
    if (!facts.behind) facts.known = facts.items.front().number;
    facts.items.pop_front();
    facts.taken = false;
    facts.attempts = 0;
    facts.next_ms = 0;
    drop_if_done(lane);
}

void DeliveryQueue::drop_if_done(Lanes::iterator lane)
{
    const auto& facts = lane->second;
    if (facts.items.empty() && !facts.behind && !facts.taken) lanes_.erase(lane);
}

void DeliveryQueue::delivered(const std::string& channel)
{
    pop(lanes_.find(channel));
}

bool DeliveryQueue::failed(const std::string& channel, std::int64_t now_ms, std::int64_t delay_ms)
{
    const auto lane = lanes_.find(channel);
    auto& facts = lane->second;
    if (now_ms - facts.items.front().ts_ms >= kGiveUpMs) {
        pop(lane);
        return true;
    }
    facts.taken = false;
    ++facts.attempts;
    facts.next_ms = now_ms + delay_ms;
    return false;
}

void DeliveryQueue::put_back(const std::string& channel)
{
    lanes_.at(channel).taken = false;
}

void DeliveryQueue::postpone(const std::string& channel, std::int64_t until_ms)
{
    auto& lane = lanes_.at(channel);
    lane.taken = false;
    lane.next_ms = until_ms;
}

std::optional<std::int64_t> DeliveryQueue::next_due_ms() const
{
    std::optional<std::int64_t> next;
    for (const auto& [channel, lane] : lanes_) {
        if (lane.taken || lane.items.empty()) continue;
        next = std::min(next.value_or(INT64_MAX), lane.next_ms);
    }
    return next;
}

std::int64_t DeliveryQueue::next_attempt_ms(const std::string& channel) const
{
    const auto lane = lanes_.find(channel);
    return lane == lanes_.end() ? 0 : lane->second.next_ms;
}

std::uint64_t DeliveryQueue::needed_from() const
{
    auto first = cursor_ + 1;
    for (const auto& [channel, lane] : lanes_) {
        first = std::min(first, lane.items.empty() ? lane.known + 1 : lane.items.front().number);
    }
    return first;
}

std::optional<std::int64_t> DeliveryQueue::oldest_ts_ms() const
{
    std::optional<std::int64_t> oldest;
    for (const auto& [channel, lane] : lanes_) {
        if (lane.items.empty()) continue;
        oldest = std::min(oldest.value_or(INT64_MAX), lane.items.front().ts_ms);
    }
    return oldest;
}

std::size_t DeliveryQueue::waiting() const
{
    std::size_t count = 0;
    for (const auto& [channel, lane] : lanes_) count += lane.items.size();
    return count;
}

}  // namespace sluice::control::events
