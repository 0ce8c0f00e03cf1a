#pragma once

#include <functional>

#include "../service/channels.hpp"
#include "../service/fetched_images.hpp"
#include "../service/health_watch.hpp"
#include "../service/live.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// /api/v1/channels and everything below it.
class ChannelRoutes {
public:
    /// `settings` answers the settings document in force: ports and the public host.
    using ReadSettings = std::function<nlohmann::json()>;

    ChannelRoutes(Channels& channels, const Live& live, const HealthWatch& health,
                  const FetchedImages& images, Idempotency& memory, ReadSettings settings)
        : channels_(channels),
          live_(live),
          health_(health),
          images_(images),
          memory_(memory),
          settings_(std::move(settings))
    {}

    void mount(Router& router);

private:
    Answer create(const Request& request);
    Answer list(const Request& request);
    Answer read(const Request& request);
    Answer patch(const Request& request);
    Answer replace(const Request& request);
    Answer remove(const Request& request);
    Answer urls(const Request& request);
    Answer status(const Request& request);
    Answer kick(const Request& request);
    Answer rotate_key(const Request& request);
    Result<Channels::Wanted> in_state(const std::string& state) const;

    Channels& channels_;
    const Live& live_;
    const HealthWatch& health_;
    const FetchedImages& images_;
    Idempotency& memory_;
    ReadSettings settings_;
};

}  // namespace sluice::control::http
