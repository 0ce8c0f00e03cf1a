#pragma once

#include "../service/tokens.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// /api/v1/tokens, and /api/v1/auth, which tells nginx whether a request may pass.
class TokenRoutes {
public:
    explicit TokenRoutes(Tokens& tokens) : tokens_(tokens) {}

    void mount(Router& router);

private:
    Tokens& tokens_;
};

/// The caller of a request by its `Authorization: Bearer` header.
Result<Caller> authenticate(const Tokens& tokens, const Request& request);

}  // namespace sluice::control::http
