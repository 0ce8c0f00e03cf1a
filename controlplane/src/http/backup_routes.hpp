#pragma once

#include "../service/backups.hpp"
#include "../service/idempotency.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// /api/v1/backups. nginx sends the files: this only names them.
class BackupRoutes {
public:
    BackupRoutes(Backups& backups, Idempotency& memory) : backups_(backups), memory_(memory) {}

    void mount(Router& router);

private:
    Answer create(const Request& request);
    Answer list(const Request& request) const;
    Answer download(const Request& request) const;

    Backups& backups_;
    Idempotency& memory_;
};

}  // namespace sluice::control::http
