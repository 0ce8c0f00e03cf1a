#pragma once

#include "conf.hpp"
#include "core/hub/zone.hpp"

namespace sluice::ngx {

/// The one zone of this master and of all its workers, of every reload generation. Made before the
/// first fork and never unmapped, so it outlives each configuration.
hub::Zone hub_zone();

/// Makes the zone and its eventfds on the first call. Errors are logged. False when it can't be
/// made.
bool make_hub_zone(const HubConf& conf, ngx_log_t* log);

/// Whether `conf` asks for the geometry the zone already has (true when there is no zone yet).
bool fits_hub_zone(const HubConf& conf);

}  // namespace sluice::ngx
