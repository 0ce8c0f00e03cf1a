#pragma once

#include <cstdint>
#include <optional>

namespace sluice::hook {

/// Finds a process that is given something to do and shows no sign of life. Times are monotonic ms.
class Watchdog {
public:
    /// `first_ms`: how long it may take to begin with.
    Watchdog(std::int64_t patience_ms, std::int64_t first_ms)
        : patience_ms_(patience_ms), first_ms_(first_ms)
    {}

    /// There is something for it to do.
    void asked(std::int64_t now_ms)
    {
        if (!waiting_since_) waiting_since_ = now_ms;
    }

    /// It did something.
    void heard()
    {
        waiting_since_.reset();
        began_ = true;
    }

    bool stalled(std::int64_t now_ms) const
    {
        const auto patience = began_ ? patience_ms_ : first_ms_;
        return waiting_since_ && now_ms - *waiting_since_ >= patience;
    }

    /// Whether it ever did something.
    bool began() const { return began_; }

private:
    std::int64_t patience_ms_;
    std::int64_t first_ms_;
    std::optional<std::int64_t> waiting_since_;
    bool began_ = false;
};

}  // namespace sluice::hook
