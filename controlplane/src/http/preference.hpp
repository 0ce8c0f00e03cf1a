#pragma once

#include <string_view>

namespace sluice::control::http {

/// Whether Accept-Language prefers Chinese to English (RFC 9110 section 12.5.4): the greater weight
/// counts, and of equal ones what comes first.
bool prefers_chinese(std::string_view accept_language);

/// Whether Accept lets JSON through (section 12.5.1); problem documents are JSON.
bool accepts_json(std::string_view accept);

}  // namespace sluice::control::http
