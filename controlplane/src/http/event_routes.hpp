#pragma once

#include "../service/channels.hpp"
#include "../service/journal.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// /api/v1/events with parameters, and a channel's own: the journal. Without them nginx serves the
/// events as they happen.
class EventRoutes {
public:
    EventRoutes(const Journal& journal, Channels& channels) : journal_(journal), channels_(channels)
    {}

    void mount(Router& router);

private:
    Answer list(const Request& request) const;
    Answer of_channel(const Request& request) const;

    const Journal& journal_;
    Channels& channels_;
};

}  // namespace sluice::control::http
