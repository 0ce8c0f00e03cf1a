#include "samples.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace sluice::bench {

std::uint32_t Samples::percentile(double percent) const
{
    if (us_.empty()) return 0;
    const auto rank = std::ceil(percent / 100 * static_cast<double>(us_.size()));
    const auto at = us_.begin() + static_cast<std::ptrdiff_t>(std::max(rank, 1.0)) - 1;
    std::nth_element(us_.begin(), at, us_.end());
    return *at;
}

nlohmann::json Samples::summary_ms() const
{
    if (us_.empty()) return nullptr;
    const auto ms = [this](double percent) { return percentile(percent) / 1000.0; };
    return {
        {"count", count()}, {"p50", ms(50)}, {"p90", ms(90)}, {"p99", ms(99)}, {"max", ms(100)}};
}

}  // namespace sluice::bench
