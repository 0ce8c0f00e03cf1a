#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "../result.hpp"

namespace sluice::control::http {

/// One YAML document within the bounds of DocumentBuilder. Plain words are what they are in JSON:
/// `true`, `false`, `null`, numbers as JSON writes them; everything else is text, `yes` and `0123`
/// too. Refused with Errc::malformed: aliases, anchors, tags, keys that are no text, several
/// documents, bytes that are not UTF-8.
Result<nlohmann::json> parse_yaml(const std::string& text);

/// The same document as YAML; parse_yaml() reads it back. Texts are quoted, so that no other reader
/// takes one for something else.
std::string to_yaml(const nlohmann::json& document);

}  // namespace sluice::control::http
