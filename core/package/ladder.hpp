#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/hls/multivariant.hpp"
#include "lane_rate.hpp"
#include "window.hpp"

namespace sluice::package {

/// The multivariant playlist over the renditions of a programme, gathered from one window after the
/// other. Over CMAF all share the programme's sound, so that a change of the rendition is none of
/// the sound; over MPEG-TS each has its own.
class Ladder {
public:
    explicit Ladder(const Window& programme);

    /// One that has no whole segment yet is left out.
    void add(const Window& rendition);

    /// The lowest rate first: players begin with it, and go up as far as they can. Nothing when no
    /// rendition is there.
    std::optional<hls::Multivariant> playlist() const;

    std::size_t size() const { return variants_.size(); }

private:
    bool cmaf_ = false;
    TrackFacts sound_{};  ///< the programme's, over CMAF
    LaneRate sound_rate_;
    std::vector<hls::Variant> variants_;
    bool independent_ = true;
};

/// Whether the programme has been there for so long that renditions which it hasn't got by now are
/// late: three segments, before which players begin only reluctantly.
bool is_settled(const Window& programme);

}  // namespace sluice::package
