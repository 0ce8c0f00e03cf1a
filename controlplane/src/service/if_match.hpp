#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace sluice::control {

/// What a conditional request asks for: the document exists and has one of these versions.
struct IfMatch {
    bool any = false;  ///< `*`
    std::vector<std::uint64_t> versions;

    bool holds(std::uint64_t version) const
    {
        return any || std::ranges::find(versions, version) != versions.end();
    }
};

}  // namespace sluice::control
