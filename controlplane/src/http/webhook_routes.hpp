#pragma once

#include "../events/deliverer.hpp"
#include "../service/idempotency.hpp"
#include "../service/webhooks.hpp"
#include "../store/store.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// /api/v1/webhooks and everything below it.
class WebhookRoutes {
public:
    WebhookRoutes(const store::Store& store, const Journal& journal, Webhooks& webhooks,
                  events::Deliverer& deliverer, Idempotency& memory)
        : store_(store),
          journal_(journal),
          webhooks_(webhooks),
          deliverer_(deliverer),
          memory_(memory)
    {}

    void mount(Router& router);

private:
    Answer create(const Request& request);
    Answer list(const Request& request);
    Answer read(const Request& request);
    Answer patch(const Request& request);
    Answer replace(const Request& request);
    Answer remove(const Request& request);
    Answer rotate_secret(const Request& request);
    Answer test(const Request& request);
    Answer deliveries(const Request& request);
    Answer delivery(const Request& request);
    Answer redeliver(const Request& request);

    const store::Store& store_;
    const Journal& journal_;
    Webhooks& webhooks_;
    events::Deliverer& deliverer_;
    Idempotency& memory_;
};

}  // namespace sluice::control::http
