#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

namespace sluice::control {

enum class HealthRule : std::uint8_t { bitrate, fps, keyframe_interval, av_drift, silence };
inline constexpr std::size_t kHealthRules = 5;

/// As it stands in events and in the status.
std::string_view name_of(HealthRule rule);

/// Nothing when no rule has this name.
std::optional<HealthRule> rule_named(std::string_view name);

/// What a person wants to read: no more than three digits behind the point.
nlohmann::json rounded(std::optional<double> value);

/// One number per rule, in the unit of its field of the channel: kbit/s, frames per second,
/// seconds, milliseconds, seconds. Nothing: not known, or not asked for.
using HealthNumbers = std::array<std::optional<double>, kHealthRules>;

/// What a channel asks of its stream.
struct HealthLimits {
    HealthNumbers thresholds;
    std::int64_t for_ms = 0;  ///< how long a breach must last, and its end
};

/// `channel` is a channel document; members of an older one may be missing.
HealthLimits limits_of(const nlohmann::json& channel);

/// What nginx measured.
struct HealthSample {
    HealthNumbers values;
    std::int64_t session = 0;  ///< of the publisher; another one starts anew
};

/// `stream` is a live item of `/-/streams`, `now_ms` the answer's own clock. Rates are not known
/// before the meters have seen two windows.
HealthSample sample_of(const nlohmann::json& stream, std::int64_t now_ms);

/// A rule that is broken at this moment, and has been for long enough.
struct Breach {
    HealthRule rule{};
    double value = 0;
    double threshold = 0;
    std::int64_t since_ms = 0;  ///< when it was first seen; the caller's clock
};

struct HealthChange {
    bool degraded = false;  ///< otherwise recovered
    HealthRule rule{};
    std::optional<double> value;      ///< nothing: not measured any more
    std::optional<double> threshold;  ///< nothing: the channel no longer asks
};

/// Judges one stream: ok → degraded once a rule is broken for `for_ms` without a pause → ok once it
/// is kept for as long. A rule whose value is not known stays as it is.
class StreamHealth {
public:
    /// `now_ms` only rises. After a time without samples what was under way starts anew: nobody
    /// knows what happened meanwhile.
    std::vector<HealthChange> judge(const HealthLimits& limits, const HealthSample& sample,
                                    std::int64_t now_ms);

    std::vector<Breach> breaches() const;

    /// Takes the breaches that another one had.
    void restore(const std::vector<Breach>& breaches);

    std::int64_t seen_ms() const { return seen_ms_; }

private:
    struct State {
        bool degraded = false;
        std::optional<std::int64_t> turned_ms;  ///< since when the samples say the opposite
        Breach breach;
    };

    std::optional<HealthChange> judge_rule(HealthRule rule, const HealthLimits& limits,
                                           std::optional<double> value, std::int64_t now_ms);

    std::array<State, kHealthRules> states_;
    std::int64_t session_ = 0;
    std::int64_t seen_ms_ = 0;
};

}  // namespace sluice::control
