#include "measurement.hpp"

#include <algorithm>
#include <utility>

#include "usage.hpp"

namespace sluice::bench {
namespace {

std::int64_t to_us(double seconds)
{
    return static_cast<std::int64_t>(seconds * 1e6);
}

}  // namespace

Measurement::Measurement(const MeasurementPlan& plan, Report report)
    : plan_(plan), report_(std::move(report)), joins_(plan.count, plan.joins_per_second)
{}

bool Measurement::advance(std::int64_t now_us)
{
    if (phase_ == Phase::joining) {
        if (!all_settled() && now_us < joins_.end_us() + to_us(plan_.patience_s)) return false;
        report_({{"event", "joined"}, {"viewers", joined_}, {"failures", failures_}});
        enter(Phase::warming, now_us + to_us(plan_.warm_up_s));
        return false;
    }
    if (now_us < until_us_) return false;
    if (phase_ == Phase::window) close_window(now_us);
    if (phase_ != Phase::warming) return false;
    open_window(now_us);
    return true;
}

std::int64_t Measurement::next_us() const
{
    return phase_ == Phase::joining ? joins_.next_us() : until_us_;
}

nlohmann::json Measurement::result() const
{
    return {{"event", "result"},     {"asked", plan_.count},  {"joined", joined_},
            {"failures", failures_}, {"window_s", window_s_}, {"own_cpu_s", window_cpu_s_}};
}

bool Measurement::all_settled() const
{
    return joins_.all_started() && joined_ + lost_ >= plan_.count;
}

void Measurement::enter(Phase phase, std::int64_t until_us)
{
    phase_ = phase;
    until_us_ = until_us;
}

void Measurement::open_window(std::int64_t now_us)
{
    report_({{"event", "window_open"}});
    enter(Phase::window, now_us + to_us(plan_.window_s));
    window_open_us_ = now_us;
    cpu_s_at_open_ = own_cpu_seconds();
}

void Measurement::close_window(std::int64_t now_us)
{
    report_({{"event", "window_closed"}});
    enter(Phase::done, Ramp::kNever);
    window_s_ = static_cast<double>(now_us - window_open_us_) / 1e6;
    window_cpu_s_ = own_cpu_seconds() - cpu_s_at_open_;
}

}  // namespace sluice::bench
