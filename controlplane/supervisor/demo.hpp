#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "controlplane/src/result.hpp"

namespace sluice::supervisor {

/// What a demonstration needs of the API: the channel `demo`, and where to push to it.
class DemoChannel {
public:
    explicit DemoChannel(std::filesystem::path dir) : dir_(std::move(dir)) {}

    /// Makes the channel when it is missing. The address is one of this machine, signed for
    /// the minute in which the push has to start; it must not get into a log.
    control::Result<std::string> push_url() const;

private:
    control::Result<nlohmann::json> api(std::string_view path,
                                        const nlohmann::json* body = nullptr) const;

    std::filesystem::path dir_;
};

/// `line` without the queries of the addresses in it.
std::string without_queries(std::string_view line);

}  // namespace sluice::supervisor
