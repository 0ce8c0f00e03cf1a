#pragma once

#include <curl/curl.h>

#include "network_reach.hpp"

namespace sluice::control {

/// Whether a request of a user's own may go to an address that is so far away.
constexpr bool may_reach(Reach reach, bool allow_private)
{
    return reach == Reach::anywhere || (reach == Reach::inside && allow_private);
}

/// Where the connections of one transfer may lead.
struct Gate {
    bool allow_private = false;
    bool refused = false;  ///< set when an address was not allowed
};

/// Makes `curl` judge each address at the moment it connects, so that a name can't lead astray, and
/// use no proxy of the environment, behind which nothing could be judged. `gate` must outlive the
/// transfer.
void judge_connections(CURL* curl, Gate& gate);

}  // namespace sluice::control
