#pragma once

#include <optional>
#include <string>

#include "answer.hpp"
#include "text_answer.hpp"

namespace sluice::ngx {

/// The multivariant playlist over renditions.
struct LadderText {
    SharedText text;    ///< over those that are on air; nullptr: none is
    bool whole = true;  ///< false: others are about to come, and players ask for it only once
};

/// Uses the worker's copy of a window (look_at_window()).
LadderText ladder_over(const PackageRequest& asked);

/// Why the rendition that was asked for is not there, in words; nothing when it is, or none was
/// asked for.
std::optional<std::string> rendition_absent(const PackageRequest& asked);

}  // namespace sluice::ngx
