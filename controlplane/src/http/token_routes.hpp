#pragma once

#include "../service/idempotency.hpp"
#include "../service/tokens.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// /api/v1/tokens, and /api/v1/auth, which tells nginx whether a request may pass.
class TokenRoutes {
public:
    TokenRoutes(Tokens& tokens, Idempotency& memory) : tokens_(tokens), memory_(memory) {}

    void mount(Router& router);

private:
    Answer create(const Request& request);
    Answer list(const Request& request);
    Answer patch(const Request& request);

    Tokens& tokens_;
    Idempotency& memory_;
};

}  // namespace sluice::control::http
