#pragma once

#include "../service/idempotency.hpp"
#include "../service/users.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// /api/v1/users, and what everybody may do with his own account below /users/me.
class UserRoutes {
public:
    UserRoutes(Users& users, Idempotency& memory) : users_(users), memory_(memory) {}

    void mount(Router& router);

private:
    void mount_own(Router& router);
    Answer create(const Request& request);
    Answer list(const Request& request) const;
    Answer read(const std::string& id) const;
    Answer patch(const Request& request);
    Answer remove(const Request& request);

    Users& users_;
    Idempotency& memory_;
};

}  // namespace sluice::control::http
