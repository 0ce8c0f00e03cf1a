#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::control::nginx {

/// Why this process can't listen on `port` of all addresses, in words; nothing when it can. Takes
/// the port only for the moment of the call: `nginx -t` itself overlooks ports that are in use.
std::optional<std::string> why_not_listen(std::uint16_t port, bool ipv6);

/// Whether this machine has IPv6 to listen on.
bool has_ipv6();

/// A TCP port of 127.0.0.1 that nobody uses at the moment; 0 when there is none.
std::uint16_t free_loopback_port();

}  // namespace sluice::control::nginx
