#pragma once

#include "../service/sessions.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// /api/v1/sessions: signing in and out.
class SessionRoutes {
public:
    explicit SessionRoutes(Sessions& sessions) : sessions_(sessions) {}

    void mount(Router& router);

private:
    Answer open(const Request& request);
    Answer list(const Request& request) const;
    Answer end(const Request& request, const std::string& id);

    Sessions& sessions_;
};

}  // namespace sluice::control::http
