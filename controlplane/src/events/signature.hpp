#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::control::events {

/// The value of `Sluice-Signature`: `t=<seconds>,v1=<hex>` with one v1 for each live secret, newest
/// first. Each is HMAC-SHA256 of `<seconds>.<body>`.
std::string signature(const std::vector<std::string>& secrets, std::int64_t now_s,
                      std::string_view body);

}  // namespace sluice::control::events
