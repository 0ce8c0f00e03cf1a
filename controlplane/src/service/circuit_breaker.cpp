#include "circuit_breaker.hpp"

namespace sluice::control {

bool CircuitBreaker::allows(std::string_view server, std::int64_t now_ms)
{
    const auto found = servers_.find(server);
    if (found == servers_.end() || found->second.failures < kFailures) return true;
    auto& known = found->second;
    if (now_ms < known.not_before_ms) return false;
    known.not_before_ms = now_ms + kPauseMs;  // this caller tries, the others wait for the outcome
    return true;
}

void CircuitBreaker::note(const std::string& server, bool answered, std::int64_t now_ms)
{
    if (answered) {
        servers_.erase(server);
        return;
    }
    // Which one is forgotten does not matter: it starts to count anew.
    if (servers_.size() >= kMost && !servers_.contains(server)) servers_.erase(servers_.begin());
    auto& known = servers_[server];
    if (known.failures < kFailures) ++known.failures;
    known.not_before_ms = now_ms + kPauseMs;
}

}  // namespace sluice::control
