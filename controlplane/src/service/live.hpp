#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "../nginx/control_socket.hpp"
#include "../result.hpp"

namespace sluice::control {

/// What nginx knows of the streams at this moment.
class Live {
public:
    explicit Live(const nginx::ControlSocket& nginx) : nginx_(nginx) {}

    /// The channel's stream: state, publisher, media, viewers, its renditions and the processes
    /// beside it. A channel nobody has pushed to is `idle`. Errc::unavailable when nginx does not
    /// answer.
    Result<nlohmann::json> status(const nlohmann::json& channel) const;

    /// The state of each stream that is not `idle`, by channel. Errc::unavailable when nginx does
    /// not answer.
    Result<std::map<std::string, std::string, std::less<>>> states() const;

    /// When each stream that is `live` started, milliseconds since 1970, by channel. Errors as
    /// those of states().
    Result<std::map<std::string, std::int64_t, std::less<>>> live_since() const;

    /// Ends the session of the channel's publisher. Errc::conflict when nobody publishes.
    Result<void> kick(std::string_view id, const std::string& reason) const;

    bool reachable() const;

    /// Streams, viewers, bytes, skips as nginx counts them: Prometheus text. Errc::unavailable when
    /// it does not answer.
    Result<std::string> metrics() const;

private:
    Result<nlohmann::json> streams_of(const std::string& id) const;
    Result<nlohmann::json> hooks_of(const std::string& id) const;

    const nginx::ControlSocket& nginx_;
};

}  // namespace sluice::control
