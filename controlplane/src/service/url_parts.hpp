#pragma once

#include <optional>
#include <string>

namespace sluice::control {

struct UrlParts {
    std::string host;   ///< an IPv4 address in any writing comes as four numbers
    bool user = false;  ///< it holds a user name
};

/// A URL as what will connect there reads it; nullopt when it has no host.
std::optional<UrlParts> parts_of_url(const std::string& url);

}  // namespace sluice::control
