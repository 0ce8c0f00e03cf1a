#pragma once

#include <optional>
#include <string_view>

#include "lines.hpp"
#include "messages.hpp"

namespace sluice::hook {

/// Reads what FFmpeg writes for `-progress`: blocks of `key=value` lines, each closed by
/// `progress=continue` or `progress=end`.
class ProgressReader {
public:
    /// The newest block that `bytes` completes.
    std::optional<Progress> add(std::string_view bytes);

private:
    bool take(std::string_view line);

    static constexpr std::size_t kLongest = 256;
    Lines lines_{kLongest};
    Progress block_;
};

}  // namespace sluice::hook
