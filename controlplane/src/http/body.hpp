#pragma once

#include <nlohmann/json.hpp>

#include "../result.hpp"
#include "message.hpp"

namespace sluice::control::http {

/// The JSON of a request's body. Errors: malformed (no JSON, nested too deeply), unsupported_media
/// (a content type that is not JSON; what `curl -d` sends by default passes when it parses).
Result<nlohmann::json> json_body(const Request& request);

/// A document of many channels as JSON or YAML, whichever `format` says (`json`, `yaml`), or the
/// content type when it is empty. Errors as above.
Result<nlohmann::json> document_body(const Request& request, const std::string& format);

/// json_body(), but an empty body is an empty object.
Result<nlohmann::json> optional_json_body(const Request& request);

/// `Image/PNG; q=1` as `image/png`.
std::string media_type(std::string_view header);

/// Whether the request itself says that its body is JSON.
bool says_json(const Request& request);

}  // namespace sluice::control::http
