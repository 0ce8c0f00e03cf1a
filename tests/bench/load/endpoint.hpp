#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "result.hpp"

namespace sluice::bench {

/// scheme://address:port/path of a server under test. The address is an IP address; IPv6 stands in
/// brackets.
struct Endpoint {
    std::string scheme;
    std::string address;
    std::uint16_t port = 0;
    std::string path;  ///< from the first slash, with the query

    std::string authority() const;
};

Result<Endpoint> parse_endpoint(std::string_view url);

/// `text` with every "%d" replaced by `number`.
std::string numbered(std::string_view text, std::size_t number);

}  // namespace sluice::bench
