#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace sluice::control {

/// Under which name and ports the caller reaches this server.
struct PublicAddress {
    std::string host;       ///< name or address, without port and brackets
    std::string push_host;  ///< that of encoders; empty: the same
    bool https = false;
    std::uint16_t http_port = 8080;
    std::uint16_t https_port = 8443;
    std::uint16_t rtmp_port = 1935;
    std::uint16_t rtmps_port = 1936;
};

/// The host of a Host header: without its port and an IPv6 literal's brackets. Empty when the
/// header is no host at all.
std::string host_of(std::string_view host_header);

/// The same of the setting `public_host`, which may be an IPv6 address without brackets.
std::string bare_host(const std::string& setting);

/// Where to push a channel and where to play it, signed where the channel asks for it.
/// Outputs that are off are null. `channel` is the stored document.
/// `with_push` false leaves `push` out, for callers who may only watch. Signatures are good until
/// the channel expires, and no longer than `until_s`.
nlohmann::json channel_urls(const nlohmann::json& channel, const PublicAddress& address,
                            bool with_push, std::int64_t until_s = INT64_MAX);

}  // namespace sluice::control
