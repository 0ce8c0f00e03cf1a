#include "health_rules.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::control {
namespace {

using nlohmann::json;

/// Two windows of nginx's meters.
constexpr std::int64_t kRatesKnownAfterMs = 4000;
/// Samples come every second.
constexpr std::int64_t kLongestPauseMs = 3500;

constexpr std::array<std::string_view, kHealthRules> kNames{"bitrate", "fps", "keyframe_interval",
                                                            "av_drift", "silence"};
/// In a channel's `health`.
constexpr std::array<const char*, kHealthRules> kFields{
    "min_bitrate_kbps", "min_fps", "max_keyframe_interval_s", "max_av_drift_ms", "max_silence_s"};

std::size_t index_of(HealthRule rule)
{
    return static_cast<std::size_t>(rule);
}

std::optional<double> number(const json& object, const char* name)
{
    const auto member = object.find(name);  // the end of what is no object
    if (member == object.end() || !member->is_number()) return std::nullopt;
    return member->get<double>();
}

bool breaks(HealthRule rule, double value, double threshold)
{
    switch (rule) {
        case HealthRule::bitrate:
        case HealthRule::fps:
            return value < threshold;
        case HealthRule::av_drift:
            return std::abs(value) > threshold;
        case HealthRule::keyframe_interval:
        case HealthRule::silence:
            break;
    }
    return value > threshold;
}

}  // namespace

std::string_view name_of(HealthRule rule)
{
    return kNames.at(index_of(rule));
}

std::optional<HealthRule> rule_named(std::string_view name)
{
    const auto* const found = std::ranges::find(kNames, name);
    if (found == kNames.end()) return std::nullopt;
    return static_cast<HealthRule>(found - kNames.begin());
}

json rounded(std::optional<double> value)
{
    return value ? json(std::round(*value * 1000) / 1000) : json();
}

HealthLimits limits_of(const json& channel)
{
    HealthLimits limits;
    const json health = channel.value("health", json::object());
    for (std::size_t i = 0; i < kHealthRules; ++i) {
        limits.thresholds.at(i) = number(health, kFields.at(i));
    }
    limits.for_ms = static_cast<std::int64_t>(number(health, "for_s").value_or(0) * 1000);
    return limits;
}

HealthSample sample_of(const json& stream, std::int64_t now_ms)
{
    const auto seconds = [&](const char* name) {
        const auto ms = number(stream, name);
        return ms ? std::optional(*ms / 1000) : std::nullopt;
    };
    const json publisher = stream.value("publisher", json());
    const json video = stream.value("video", json());
    const json audio = stream.value("audio", json());
    HealthSample sample;
    sample.session = static_cast<std::int64_t>(number(publisher, "connected_at_ms").value_or(0));
    auto& [bitrate, fps, keyframe_interval, av_drift, silence] = sample.values;
    if (now_ms - sample.session >= kRatesKnownAfterMs) {
        if (video.is_object() || audio.is_object()) {
            bitrate = (number(video, "bitrate_bps").value_or(0) +
                       number(audio, "bitrate_bps").value_or(0)) /
                      1000;
        }
        fps = number(video, "fps");
    }
    keyframe_interval = seconds("keyframe_interval_ms");
    av_drift = number(stream, "av_drift_ms");
    silence = seconds("silence_ms");
    return sample;
}

std::vector<HealthChange> StreamHealth::judge(const HealthLimits& limits,
                                              const HealthSample& sample, std::int64_t now_ms)
{
    if (sample.session != session_ || now_ms - seen_ms_ > kLongestPauseMs) {
        for (auto& state : states_) state.turned_ms.reset();
    }
    session_ = sample.session;
    seen_ms_ = now_ms;
    std::vector<HealthChange> changes;
    for (std::size_t i = 0; i < kHealthRules; ++i) {
        const auto rule = static_cast<HealthRule>(i);
        if (auto change = judge_rule(rule, limits, sample.values.at(i), now_ms)) {
            changes.push_back(*change);
        }
    }
    return changes;
}

std::optional<HealthChange> StreamHealth::judge_rule(HealthRule rule, const HealthLimits& limits,
                                                     std::optional<double> value,
                                                     std::int64_t now_ms)
{
    auto& state = states_.at(index_of(rule));
    const auto& threshold = limits.thresholds.at(index_of(rule));
    if (!threshold) {
        const bool was = state.degraded;
        state = {};
        if (!was) return std::nullopt;
        return HealthChange{.rule = rule, .value = value};
    }
    if (!value) {
        state.turned_ms.reset();
        return std::nullopt;
    }
    const bool broken = breaks(rule, *value, *threshold);
    if (broken) {
        if (!state.degraded && !state.turned_ms) state.breach.since_ms = now_ms;
        state.breach = {rule, *value, *threshold, state.breach.since_ms};
    }
    if (broken == state.degraded) {
        state.turned_ms.reset();
        return std::nullopt;
    }
    if (!state.turned_ms) state.turned_ms = now_ms;
    if (now_ms - *state.turned_ms < limits.for_ms) return std::nullopt;
    state.turned_ms.reset();
    state.degraded = broken;
    return HealthChange{broken, rule, value, threshold};
}

std::vector<Breach> StreamHealth::breaches() const
{
    std::vector<Breach> breaches;
    for (const auto& state : states_) {
        if (state.degraded) breaches.push_back(state.breach);
    }
    return breaches;
}

void StreamHealth::restore(const std::vector<Breach>& breaches)
{
    for (const auto& breach : breaches) {
        auto& state = states_.at(index_of(breach.rule));
        state.degraded = true;
        state.breach = breach;
    }
}

}  // namespace sluice::control
