#pragma once

#include "../service/channels.hpp"
#include "../service/live.hpp"
#include "../service/settings.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// The older API at the root: /videostream, /videostreams, /streamdns (docs/older-api.md).
class LegacyRoutes {
public:
    LegacyRoutes(Channels& channels, const Live& live, Settings& settings)
        : channels_(channels), live_(live), settings_(settings)
    {}

    void mount(Router& router);

private:
    Answer create(const Request& request);
    Answer list(const Request& request);
    Answer read(const Request& request);
    Answer change(const Request& request);
    Answer remove(const Request& request);
    Answer streams(const Request& request);
    Answer online(const Request& request);
    Answer read_hosts(const Request& request);
    Answer write_hosts(const Request& request);

    Channels& channels_;
    const Live& live_;
    Settings& settings_;
};

/// Who asks: `known`, unless the request is for the older API and the setting `legacy_api_open`
/// lets everybody use that.
Result<Caller> legacy_caller(const Request& request, Result<Caller> known,
                             const Settings& settings);

}  // namespace sluice::control::http
