#pragma once

#include <string>

#include "../events/delivery_facts.hpp"
#include "../metrics.hpp"
#include "../service/authoriser.hpp"
#include "../service/census.hpp"
#include "../service/channels.hpp"
#include "../service/live.hpp"
#include "../service/settings.hpp"
#include "../snapshot/publisher.hpp"
#include "../store/store.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// /health and /metrics, at the root and below /api/v1.
class SystemRoutes {
public:
    SystemRoutes(const store::Store& store, Channels& channels, const Live& live,
                 const Settings& settings, const snapshot::Publisher& publisher,
                 const Authoriser& authoriser, const events::DeliveryFacts& deliveries,
                 Census& census, Metrics& metrics, std::string version)
        : store_(store),
          channels_(channels),
          live_(live),
          settings_(settings),
          publisher_(publisher),
          authoriser_(authoriser),
          deliveries_(deliveries),
          census_(census),
          metrics_(metrics),
          version_(std::move(version))
    {}

    void mount(Router& router);

private:
    Answer health() const;
    Answer metrics() const;

    const store::Store& store_;
    Channels& channels_;
    const Live& live_;
    const Settings& settings_;
    const snapshot::Publisher& publisher_;
    const Authoriser& authoriser_;
    const events::DeliveryFacts& deliveries_;
    Census& census_;
    Metrics& metrics_;
    std::string version_;
};

}  // namespace sluice::control::http
