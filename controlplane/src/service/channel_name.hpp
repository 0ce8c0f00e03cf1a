#pragma once

#include <string>

namespace sluice::control {

/// The member `name` of a channel document; empty when there is none. Reads no further than it
/// must: an index of 100,000 channels is made of this at every start.
std::string channel_name(const std::string& document);

}  // namespace sluice::control
