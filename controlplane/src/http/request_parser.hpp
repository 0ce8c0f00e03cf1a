#pragma once

// Pistache's http.h uses std::optional without including it.
#include <optional>

#include <pistache/http.h>

namespace sluice::control::http {

/// Pistache's parser, but for the headers: Pistache refuses whole requests over Accept, Cookie,
/// Cache-Control, Date and others that it can't parse and we never read. Here all are text, except
/// for the two that say where the body ends.
class RequestParser final : public Pistache::Http::RequestParser {
public:
    explicit RequestParser(std::size_t max_bytes);
};

}  // namespace sluice::control::http
