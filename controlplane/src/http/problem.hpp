#pragma once

#include <string_view>

#include "../result.hpp"
#include "message.hpp"

namespace sluice::control::http {

/// The one place where an error becomes an HTTP status.
int status_of(Errc code);

/// problem+json (RFC 9457). `language` is the request's Accept-Language: English, or Chinese
/// where that is preferred.
Reply problem(const Error& error, std::string_view language);

/// For statuses that no service error stands for.
Reply problem(int status, std::string_view detail, std::string_view language);

}  // namespace sluice::control::http
