#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "health_rules.hpp"

namespace sluice::control {

/// The health of every live stream, from what nginx says of them again and again. Bounded by
/// nginx's own bound of streams.
class HealthBook {
public:
    struct Change {
        std::string channel;
        HealthChange what;
    };

    /// The limits of a channel; nothing when it is no channel of ours.
    using LimitsOf = std::function<std::optional<HealthLimits>(const std::string& channel)>;

    /// Takes an answer of `/-/streams` that came at `now_ms` (monotonic). A stream that ended takes
    /// its breaches with it: that is no recovery. While nginx does not answer, and for half a
    /// minute after it started anew, streams stay as they were, so that neither makes a change.
    std::vector<Change> take(const nlohmann::json& answer, const LimitsOf& limits_of,
                             std::int64_t now_ms);

    std::vector<Breach> breaches(const std::string& channel) const;

    /// A stream with breaches.
    struct Open {
        std::string boot;  ///< of the nginx that last had it
        std::vector<Breach> breaches;
    };

    /// By channel.
    std::map<std::string, Open> open() const;

    /// Takes what another book had open.
    void restore(const std::string& channel, const Open& open, std::int64_t now_ms);

    std::size_t size() const { return streams_.size(); }

private:
    struct Stream {
        StreamHealth health;
        std::string boot;          ///< of the nginx that last had it
        std::int64_t kept_ms = 0;  ///< when it was last there
    };

    void forget_gone(const std::string& boot, std::int64_t now_ms);

    std::map<std::string, Stream, std::less<>> streams_;
};

}  // namespace sluice::control
