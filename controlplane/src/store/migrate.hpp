#pragma once

#include "store.hpp"

namespace sluice::control::store {

/// Brings the documents of a store to schema::kVersion: writes the version into a new store,
/// runs the steps in between on an older one, refuses a newer one (Errc::unavailable).
Result<void> migrate(Store& store);

}  // namespace sluice::control::store
