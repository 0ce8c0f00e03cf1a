#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "../result.hpp"

namespace sluice::control {

struct CallbackAnswer {
    long status = 0;
    std::string body;  ///< its first 4 KB
};

/// POSTs JSON to a user's own server. Redirects are answers, not followed. Errc::unavailable when
/// there is no answer within `limit`, or its certificate is not good, or once `ending` asks to
/// stop; never to a link-local address or the like, and to loopback and private ones only with
/// `allow_private` (network_reach.hpp); the text names no part of `url`, which may hold
/// credentials. Thread-safe.
Result<CallbackAnswer> post_callback(const std::string& url, const std::string& body,
                                     std::chrono::milliseconds limit, std::stop_token ending,
                                     bool allow_private);

}  // namespace sluice::control
