#pragma once

#include "../service/audit_log.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// /api/v1/audit.
class AuditRoutes {
public:
    explicit AuditRoutes(const AuditLog& log) : log_(log) {}

    void mount(Router& router) const;

private:
    Answer list(const Request& request) const;

    const AuditLog& log_;
};

}  // namespace sluice::control::http
