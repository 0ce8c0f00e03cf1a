#pragma once

#include "../service/idempotency.hpp"
#include "../service/settings.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// /config/generations: what nginx runs and ran on.
class GenerationRoutes {
public:
    GenerationRoutes(Settings& settings, Idempotency& memory) : settings_(settings), memory_(memory)
    {}

    void mount(Router& router);

private:
    Answer list(const Request& request) const;
    Answer read(const Request& request) const;
    Answer diff(const Request& request) const;
    Answer roll_back(const Request& request);

    Settings& settings_;
    Idempotency& memory_;
};

}  // namespace sluice::control::http
