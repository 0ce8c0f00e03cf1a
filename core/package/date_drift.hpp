#pragma once

#include <cstdint>

namespace sluice::package {

/// When something arrived.
struct Arrival {
    std::int64_t wall_ms = 0;
    std::int64_t mono_ms = 0;
};

/// Watches whether a programme's date goes astray, because the encoder's clock is not the world's.
class DateDrift {
public:
    /// Asked at every boundary; `said_ms`: the wall clock there, as playlists tell it. True once it
    /// was elsewhere for so long that no network explains it.
    bool astray(std::int64_t said_ms, const Arrival& now);

private:
    int off_ = 0;  ///< boundaries in a row at which the wall clock was elsewhere …
    std::int64_t off_since_ms_ = 0;  ///< … and when the first of them was
};

}  // namespace sluice::package
