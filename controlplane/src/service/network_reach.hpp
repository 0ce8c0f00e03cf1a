#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::control {

/// How far an address is from the machine's own secrets.
enum class Reach : std::uint8_t {
    anywhere,  ///< the public internet
    inside,    ///< loopback and private networks
    never,  ///< nobody's receiver: link-local (where clouds answer with credentials), multicast, …
};

Reach reach_of(const sockaddr& address);

/// That of a host that is an address in writing, with or without brackets; nothing for a name.
std::optional<Reach> reach_of(const std::string& host);

}  // namespace sluice::control
