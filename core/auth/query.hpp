#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::auth {

/// The value of the first `name=` in "a=b&name=value" (a leading '?' is passed over), as it was
/// sent. Nothing is percent-decoded: some encoders decode the stream key before they send it and
/// some don't, so what we look for is made of characters that look the same either way. A name
/// without '=' has an empty value.
std::optional<std::string_view> find_parameter(std::string_view query, std::string_view name);

/// The query without any `name=…`, and without a leading '?'; the rest as it was sent.
std::string without_parameter(std::string_view query, std::string_view name);

}  // namespace sluice::auth
