#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace sluice::control {

/// Something that happened. docs/events.md lists the types and what their data hold; secrets are
/// never among it.
struct Event {
    std::string type;        ///< `channel.created`
    std::string channel;     ///< empty: it is about no channel
    std::int64_t ts_ms = 0;  ///< wall clock, milliseconds since 1970
    nlohmann::json data = nlohmann::json::object();
    bool of_nginx = false;  ///< came through its ring, so that browsers have it already
};

}  // namespace sluice::control
