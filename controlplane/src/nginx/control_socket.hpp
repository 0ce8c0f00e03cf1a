#pragma once

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "../result.hpp"

namespace sluice::control::nginx {

/// Client of nginx's control socket (docs/architecture.md, "Control socket"). Every call opens its
/// own connection, so one object may be used by any number of threads at once.
class ControlSocket {
public:
    explicit ControlSocket(std::filesystem::path socket);

    /// `path` starts with `/-/` and may carry a query. `limit` bounds the whole call, connect
    /// included. Errors: not_found and conflict as nginx answered; unavailable when nginx does not
    /// answer in time, or answers with something that is not JSON.
    Result<nlohmann::json> get(std::string_view path,
                               std::chrono::milliseconds limit = kLimit) const;
    /// The same for an answer that is text.
    Result<std::string> text(std::string_view path, std::chrono::milliseconds limit = kLimit) const;
    /// `body` is JSON text.
    Result<nlohmann::json> post(std::string_view path, const std::string& body,
                                std::chrono::milliseconds limit = kLimit) const;

private:
    static constexpr std::chrono::milliseconds kLimit{500};

    Result<nlohmann::json> call(std::string_view path, const std::string* body,
                                std::chrono::milliseconds limit) const;

    std::filesystem::path socket_;
};

}  // namespace sluice::control::nginx
