#pragma once

#include <cstddef>
#include <vector>

#include "store.hpp"

namespace sluice::control::store {

/// Errc::too_large: a value above kMaxValue.
tl::unexpected<Error> too_large();

/// What every implementation refuses before it begins: too many operations (above `most`) or none,
/// keys and values of wrong sizes, a key named twice. Errc::invalid, or too_large.
Result<void> check_shape(const std::vector<Operation>& operations, std::size_t most);

}  // namespace sluice::control::store
