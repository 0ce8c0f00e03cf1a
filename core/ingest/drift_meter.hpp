#pragma once

#include <cstdint>

#include "core/flv/timestamp_normaliser.hpp"

namespace sluice::ingest {

/// Measures how far audio is ahead of video (behind: negative) in the encoder's clock, as the two
/// arrive. A track that has stopped says nothing about the other.
class DriftMeter {
public:
    /// A frame was mapped: `clock` is the mapping after it.
    void count(const flv::NormaliserState& clock);

    float ms() const { return ms_; }

private:
    float ms_ = 0;
    bool seen_ = false;
};

}  // namespace sluice::ingest
