#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "result.hpp"

namespace sluice::control {

struct UnixRequest {
    std::string_view path;                 ///< with its query; starts with a slash
    const std::string* body = nullptr;     ///< JSON to POST; nullptr: GET
    std::vector<std::string> headers{};    ///< `Name: value`
    std::chrono::milliseconds limit{500};  ///< for the whole call, connect included
};

struct UnixAnswer {
    long status = 0;
    std::string body;
};

/// One HTTP call to whoever listens on the unix socket `socket`, on a connection of its own.
/// Thread-safe. Answers of any status are answers; Errc::unavailable when there is none, or when it
/// has more than 64 MiB.
Result<UnixAnswer> call(const std::filesystem::path& socket, const UnixRequest& request);

}  // namespace sluice::control
