#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "core/media/track.hpp"
#include "core/motion/memory.hpp"
#include "part_file.hpp"

namespace sluice::motion {

/// The tracks of the input; the picture first.
using Tracks = std::vector<media::Track>;

/// One fragment with one unit, its time moved by `shift` ticks of its track, behind `out`.
void append_fragment(const Tracks& tracks, const Unit& unit, std::int64_t shift,
                     std::uint32_t sequence, std::vector<std::uint8_t>& out);

/// `ftyp` and `moov` of the first `count` tracks.
std::vector<std::uint8_t> header_of(const Tracks& tracks, std::size_t count);

/// A clip as it grows: fragmented MP4, of which a program that is killed loses no more than the
/// last seconds. Its times begin at 0.
class Clip {
public:
    /// `first`: the key frame that it begins with.
    Clip(std::unique_ptr<PartFile> part, const Tracks& tracks, const Unit& first);

    void add(const Unit& unit);
    /// False when the disk does not take what was added since the last time.
    bool flush();

    std::int64_t start_ms() const { return start_ms_; }
    std::int64_t duration_ms() const { return end_ms_ - start_ms_; }
    std::shared_ptr<PartFile> part() const { return part_; }

private:
    std::shared_ptr<PartFile> part_;
    Tracks tracks_;
    std::int64_t start_ms_;
    std::int64_t end_ms_;
    std::int64_t start_;  ///< of the picture, in its ticks
    std::uint32_t sequence_ = 0;
    std::vector<std::uint8_t> pending_;
};

}  // namespace sluice::motion
