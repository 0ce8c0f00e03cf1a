#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::hook {

/// Chooses, of all that a program prints, the line that a user wants to read first: the newest that
/// tells of something that went wrong. One that says only that all is over does not hide the reason
/// that was given just before.
class ErrorLine {
public:
    /// Whether this line, printed at that time, is the one to show from now on.
    bool takes(std::string_view line, std::int64_t now_ms);

private:
    std::optional<std::int64_t> reason_ms_;  ///< when the last reason came
};

}  // namespace sluice::hook
