#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::motion {

/// The name of a clip that begins at `utc_ms`, without an ending: 2026-11-23T17-40-05Z, and -2, -3
/// … behind it while `taken` says that there is one.
std::string clip_name(std::int64_t utc_ms,
                      const std::function<bool(const std::string& name)>& taken);

/// When the clip of this name began, in whole seconds.
std::optional<std::int64_t> clip_time(std::string_view name);

}  // namespace sluice::motion
