#include "clip.hpp"

#include <algorithm>

#include "core/fmp4/fragment.hpp"
#include "core/fmp4/movie.hpp"

namespace sluice::motion {
namespace {

constexpr std::int64_t kSecondMs = 1000;

}  // namespace

void append_fragment(const Tracks& tracks, const Unit& unit, std::int64_t shift,
                     std::uint32_t sequence, std::vector<std::uint8_t>& out)
{
    const fmp4::Sample sample{.duration = unit.duration,
                              .size = static_cast<std::uint32_t>(unit.data.size()),
                              .composition = unit.composition,
                              .sync = unit.sync};
    fmp4::append_fragment_head(
        {.kind = tracks[unit.track].kind,
         .sequence = sequence,
         .decode_time = static_cast<std::uint64_t>(std::max<std::int64_t>(unit.dts - shift, 0)),
         .samples = {&sample, 1},
         .track_id = fmp4::kTrackId + unit.track},
        out);
    out.insert(out.end(), unit.data.begin(), unit.data.end());
}

std::vector<std::uint8_t> header_of(const Tracks& tracks, std::size_t count)
{
    std::vector<const media::Track*> pointers;
    for (const auto& track : std::span(tracks).first(count)) pointers.push_back(&track);
    // They came out of such a header.
    return fmp4::movie_header(pointers).value_or(std::vector<std::uint8_t>());
}

Clip::Clip(std::unique_ptr<PartFile> part, const Tracks& tracks, const Unit& first)
    : part_(std::move(part)),
      tracks_(tracks),
      start_ms_(first.at_ms),
      end_ms_(first.at_ms),
      start_(first.dts),
      pending_(header_of(tracks, tracks.size()))
{}

void Clip::add(const Unit& unit)
{
    const auto scale = std::int64_t{tracks_[unit.track].timescale};
    const auto shift =
        unit.track == 0 ? start_ : start_ * scale / std::int64_t{tracks_[0].timescale};
    // Sound that belongs to the frame before the first.
    if (unit.dts < shift) return;
    append_fragment(tracks_, unit, shift, ++sequence_, pending_);
    if (unit.track == 0)
        end_ms_ = std::max(end_ms_, unit.at_ms + unit.duration * kSecondMs / scale);
}

bool Clip::flush()
{
    const bool done = part_->append(pending_);
    pending_.clear();
    return done;
}

}  // namespace sluice::motion
