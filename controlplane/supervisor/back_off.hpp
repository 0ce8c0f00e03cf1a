#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

namespace sluice::supervisor {

/// How long to wait before a child that ended is started again: not at all after a good run, which
/// one is that got past its start, else 100 ms, doubling up to 5 s, so that one that can't start
/// does not burn the machine.
class BackOff {
public:
    using Milliseconds = std::chrono::milliseconds;

    Milliseconds after(Milliseconds lived)
    {
        if (lived >= kGoodRun) {
            next_ = kFirst;
            return Milliseconds{0};
        }
        return std::exchange(next_, std::min(next_ * 2, kLast));
    }

private:
    static constexpr Milliseconds kGoodRun{500};
    static constexpr Milliseconds kFirst{100};
    static constexpr Milliseconds kLast{5000};

    Milliseconds next_ = kFirst;
};

}  // namespace sluice::supervisor
