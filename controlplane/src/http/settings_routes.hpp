#pragma once

#include "../service/settings.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// /api/v1/settings and /api/v1/config/generations.
class SettingsRoutes {
public:
    explicit SettingsRoutes(Settings& settings) : settings_(settings) {}

    void mount(Router& router);

private:
    Answer patch(const Request& request);
    Answer replace(const Request& request);

    Settings& settings_;
};

}  // namespace sluice::control::http
