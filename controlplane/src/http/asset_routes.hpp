#pragma once

#include "../service/assets.hpp"
#include "../service/idempotency.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// /api/v1/assets and everything below it.
class AssetRoutes {
public:
    AssetRoutes(Assets& assets, Idempotency& memory) : assets_(assets), memory_(memory) {}

    void mount(Router& router);

private:
    Answer create(const Request& request);
    Answer list(const Request& request) const;
    Answer content(const Request& request) const;

    Assets& assets_;
    Idempotency& memory_;
};

}  // namespace sluice::control::http
