#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "../service/event.hpp"

namespace sluice::control::events {

/// Keeps the journal from being filled by what strangers can cause a thousand times a second.
/// Within kWindowMs the first kSingle events of one type, channel and address pass, and at most
/// kSingleOfAll of all together; the others are counted, and told of by one event with `count`
/// when the window ends. Time is that of the events. Starts and stops of streams always pass.
class Flood {
public:
    static constexpr std::int64_t kWindowMs = 10'000;
    static constexpr std::uint64_t kSingle = 5;
    static constexpr std::uint64_t kSingleOfAll = 100;
    /// Counted apart; the rest is counted by type alone.
    static constexpr std::size_t kMaxWindows = 64;

    /// Whether the event is to be journalled as it is; else it is counted.
    bool pass(const Event& event);

    /// The sums of the windows that have ended by now.
    std::vector<Event> due(std::int64_t now_ms);

    /// What is counted and not yet told, to be kept with the place in the ring, and put back.
    nlohmann::json held() const;
    void restore(const nlohmann::json& held);

private:
    struct Window {
        std::int64_t start_ms = 0;
        std::uint64_t passed = 0;
        std::uint64_t count = 0;
        std::int64_t first_ms = 0;
        Event last;
    };

    Window& window_of(const Event& event);
    void hold(Window& window, const Event& event);

    std::map<std::string, Window> windows_;
    std::int64_t start_ms_ = 0;  ///< of the window of all together
    std::uint64_t passed_ = 0;
};

}  // namespace sluice::control::events
