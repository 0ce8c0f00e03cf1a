#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "../service/channels.hpp"

namespace sluice::control::http {

/// The entity tag of a version: `"7"`.
std::string etag(std::uint64_t version);

/// If-Match (RFC 9110 section 13.1.1); nothing when the header was not sent. A weak tag counts
/// like a strong one: proxies that compress weaken ours. Errc::invalid when it can't be read.
Result<std::optional<IfMatch>> if_match(std::string_view header);

/// Whether If-None-Match (section 13.1.2) holds this version, so that 304 is the answer.
bool none_match_holds(std::string_view header, std::uint64_t version);

}  // namespace sluice::control::http
