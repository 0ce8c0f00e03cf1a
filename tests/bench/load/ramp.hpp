#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace sluice::bench {

/// A crowd that starts one after the other, so many a second. No clock: who calls says what time it
/// is.
class Ramp {
public:
    /// Later than everything.
    static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max() / 2;

    Ramp(std::size_t count, double per_second) : count_(count), per_second_(per_second) {}

    /// The first one is due; before, nobody is.
    void begin(std::int64_t now_us) { began_us_ = now_us; }

    /// True when it is time for the next one, which counts as started then.
    bool start_next(std::int64_t now_us);

    /// When the next one is due; kNever: nobody is left, or it has not begun.
    std::int64_t next_us() const;

    /// When one more than all would be due.
    std::int64_t end_us() const { return due_us(count_); }

    bool all_started() const { return started_ == count_; }

private:
    std::int64_t due_us(std::size_t number) const;

    std::size_t count_;
    double per_second_;
    std::size_t started_ = 0;
    std::int64_t began_us_ = kNever;
};

}  // namespace sluice::bench
