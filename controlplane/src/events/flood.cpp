#include "flood.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace sluice::control::events {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 5> kKinds{"stream.rejected", "stream.degraded",
                                                 "viewer.limit", "viewer.overrun",
                                                 "config.snapshot_refused"};

std::string key_of(const Event& event)
{
    const auto address = event.data.value("address", json());
    return event.type + "\n" + event.channel + "\n" +
           (address.is_string() ? address.get<std::string>() : std::string());
}

}  // namespace

bool Flood::pass(const Event& event)
{
    if (std::ranges::find(kKinds, event.type) == kKinds.end()) return true;
    if (event.ts_ms - start_ms_ >= kWindowMs || event.ts_ms < start_ms_) {
        start_ms_ = event.ts_ms;
        passed_ = 0;
    }
    auto& window = window_of(event);
    if (window.count == 0 && window.passed < kSingle && passed_ < kSingleOfAll) {
        ++window.passed;
        ++passed_;
        return true;
    }
    hold(window, event);
    return false;
}

Flood::Window& Flood::window_of(const Event& event)
{
    auto key = key_of(event);
    if (const auto known = windows_.find(key); known != windows_.end()) return known->second;
    // Each kind may have its window of the rest, beyond the bound.
    if (windows_.size() >= kMaxWindows) key = event.type;
    auto& window = windows_[key];
    if (window.start_ms == 0) window.start_ms = event.ts_ms;
    return window;
}

void Flood::hold(Window& window, const Event& event)
{
    if (window.count++ == 0) window.first_ms = event.ts_ms;
    const bool mixed = window.count > 1 && (window.last.channel != event.channel ||
                                            key_of(window.last) != key_of(event));
    window.last = event;
    if (!mixed) return;
    // A window of the rest tells what they have in common: the type.
    window.last.channel.clear();
    window.last.data = json::object();
}

std::vector<Event> Flood::due(std::int64_t now_ms)
{
    std::vector<Event> sums;
    std::erase_if(windows_, [&](const auto& item) {
        const auto& window = item.second;
        // A clock that was set back must not hold a sum for ever.
        if (now_ms - window.start_ms < kWindowMs && now_ms >= window.start_ms - kWindowMs) {
            return false;
        }
        if (window.count == 0) return true;
        sums.push_back(window.last);
        sums.back().data["count"] = window.count;
        sums.back().data["since_ms"] = window.first_ms;
        return true;
    });
    return sums;
}

json Flood::held() const
{
    json all = json::array();
    for (const auto& [key, window] : windows_) {
        if (window.count == 0) continue;
        all.push_back({{"key", key},
                       {"start_ms", window.start_ms},
                       {"count", window.count},
                       {"first_ms", window.first_ms},
                       {"type", window.last.type},
                       {"channel", window.last.channel},
                       {"ts_ms", window.last.ts_ms},
                       {"data", window.last.data}});
    }
    return all;
}

void Flood::restore(const json& held)
{
    windows_.clear();
    for (const auto& item : held) {
        windows_[item.at("key")] = {
            .start_ms = item.at("start_ms"),
            .passed = kSingle,
            .count = item.at("count"),
            .first_ms = item.at("first_ms"),
            .last = {item.at("type"), item.at("channel"), item.at("ts_ms"), item.at("data"), true}};
    }
}

}  // namespace sluice::control::events
