#pragma once

#include "../service/channels.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// Many channels at once: /export, /import, /channels/batch.
class ExchangeRoutes {
public:
    ExchangeRoutes(store::Store& store, Channels& channels) : store_(store), channels_(channels) {}

    void mount(Router& router);

private:
    Answer export_all(const Request& request) const;
    Answer import_all(const Request& request);
    Answer batch(const Request& request);

    store::Store& store_;
    Channels& channels_;
};

}  // namespace sluice::control::http
