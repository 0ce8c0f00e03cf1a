#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace sluice::control {

/// Spares a server that fails, and those who wait for it: after kFailures in a row nobody asks it
/// for kPauseMs, then one does; when that fails too, the next pause begins. Remembers servers that
/// fail, at most kMost. Not thread-safe. Times are monotonic.
class CircuitBreaker {
public:
    static constexpr int kFailures = 5;
    static constexpr std::int64_t kPauseMs = 5000;
    static constexpr std::size_t kMost = 1000;

    /// Whether `server` may be asked now. True makes the caller one who asks: note() follows.
    bool allows(std::string_view server, std::int64_t now_ms);

    /// How it went.
    void note(const std::string& server, bool answered, std::int64_t now_ms);

    std::size_t size() const { return servers_.size(); }

private:
    struct Server {
        int failures = 0;
        std::int64_t not_before_ms = 0;
    };

    std::map<std::string, Server, std::less<>> servers_;
};

}  // namespace sluice::control
