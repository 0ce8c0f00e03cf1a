#pragma once

#include <cstdint>

namespace sluice::hook {

/// When a process that ended is started again: after a second, then twice as long each time up to
/// half a minute; when that went wrong ten times in a row, once a minute. One that ran for half a
/// minute begins anew. Each wait is up to a quarter longer or shorter, so that hooks that died
/// together don't come back together.
class Restarts {
public:
    static constexpr std::uint32_t kGivesUpAfter = 10;

    /// It ended after `ran_ms`; `random` of [0, 1). How long to wait, ms.
    std::int64_t after_end(std::int64_t ran_ms, double random);

    /// Ends in a row that came too soon.
    std::uint32_t failures() const { return failures_; }

    /// It no longer helps to try at once: somebody should look.
    bool given_up() const { return failures_ >= kGivesUpAfter; }

private:
    std::uint32_t failures_ = 0;
};

}  // namespace sluice::hook
