#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "ramp.hpp"

namespace sluice::bench {

/// How many viewers a measurement has and how long its phases are.
struct MeasurementPlan {
    std::size_t count = 1;
    double joins_per_second = 100;
    double warm_up_s = 2;  ///< between the last join and the window
    double window_s = 10;
    double patience_s = 20;  ///< how long the last one may take to join
};

/// The phases of a measurement: viewers join by a ramp, the server settles, and in the window it is
/// counted what they get. Tells whoever watches the server when they begin. No clock: who calls
/// says what time it is.
class Measurement {
public:
    using Report = std::function<void(const nlohmann::json&)>;

    /// `report` gets "joined", "window_open" and "window_closed", each when it happens.
    Measurement(const MeasurementPlan& plan, Report report);

    void begin(std::int64_t now_us) { joins_.begin(now_us); }

    /// True when it is time for the next viewer to start.
    bool start_next(std::int64_t now_us) { return joins_.start_next(now_us); }
    /// A viewer plays.
    void add_joined() { ++joined_; }
    /// A viewer ended before it played, and is not tried again.
    void add_lost() { ++lost_; }
    void add_failure(const std::string& why) { ++failures_[why]; }

    /// Goes on to the next phase when it is time. True: the window has opened.
    bool advance(std::int64_t now_us);
    /// When something is to be done next; Ramp::kNever: it is over.
    std::int64_t next_us() const;

    bool is_joining() const { return phase_ == Phase::joining; }
    bool in_window() const { return phase_ == Phase::window; }
    bool is_done() const { return phase_ == Phase::done; }

    /// "event": "result", "asked", "joined", "failures", and of a window that was closed "window_s"
    /// and "own_cpu_s".
    nlohmann::json result() const;

private:
    enum class Phase : std::uint8_t { joining, warming, window, done };

    bool all_settled() const;
    void enter(Phase phase, std::int64_t until_us);
    void open_window(std::int64_t now_us);
    void close_window(std::int64_t now_us);

    MeasurementPlan plan_;
    Report report_;
    Ramp joins_;
    Phase phase_ = Phase::joining;
    std::int64_t until_us_ = Ramp::kNever;  ///< when the phase ends, unless it is `joining`
    std::int64_t window_open_us_ = 0;
    double cpu_s_at_open_ = 0;
    double window_s_ = 0;
    double window_cpu_s_ = 0;

    std::size_t joined_ = 0;
    std::size_t lost_ = 0;
    std::map<std::string, std::size_t> failures_;
};

}  // namespace sluice::bench
