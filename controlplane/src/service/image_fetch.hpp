#pragma once

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>

#include "../result.hpp"
#include "image_folder.hpp"

namespace sluice::control {

/// What a server said of an image, so that it sends it again only when it is another one.
struct ImageValidators {
    std::string etag;
    std::string last_modified;
};

struct FetchedImage {
    bool changed = true;  ///< false: it is the one that the validators are of
    std::string bytes;
    ImageValidators validators;
};

struct FetchLimits {
    std::chrono::milliseconds time{10'000};  ///< with all redirects
    std::size_t bytes = ImageFolder::kMaxBytes;
    int redirects = 3;
};

/// GETs what lies at a user's URL. Each address, also those that redirects and names lead to, is
/// judged when the connection is made: never a link-local one or the like, loopback and private
/// ones only with `allow_private` (network_reach.hpp). Errc::unavailable says why it can't be had
/// and names no part of `url`, which may hold credentials. Thread-safe.
Result<FetchedImage> fetch_image(const std::string& url, const ImageValidators& known,
                                 bool allow_private, const std::stop_token& ending,
                                 const FetchLimits& limits = {});

}  // namespace sluice::control
