#pragma once

namespace sluice::control {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace sluice::control
