#pragma once

#include <cstdint>

namespace sluice::hook {

/// Seconds that a process's times are ahead of the stream's, so that decoding times stay above zero
/// where an encoder moves them before the presentation.
inline constexpr std::int64_t kFeedOffset = 10;

}  // namespace sluice::hook
