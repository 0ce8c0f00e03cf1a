#include "cmaf_lane.hpp"

#include <algorithm>
#include <utility>

namespace sluice::package {

void CmafLane::write(std::optional<Chunk> chunk)
{
    if (!chunk) return;
    writer_.append_part({.duration = chunk->duration, .independent = chunk->independent},
                        {chunk->head, chunk->media});
    track_.reuse(std::move(*chunk));
}

void CmafLane::cut_at(const Boundary& boundary)
{
    auto missed = track_.cut_at(boundary);
    if (!missed) return;
    write(std::move(missed->last_chunk));
    writer_.complete(-1);
    gap(missed->boundary, boundary.presentation);
}

/// Nothing is there from the boundary until `end`, 90 kHz.
void CmafLane::gap(const Boundary& boundary, std::int64_t end)
{
    const auto in_units = [rate = std::int64_t{timescale_}](std::int64_t time) {
        return std::max<std::int64_t>(time * rate / media::kVideoTimescale, 0);
    };
    const auto from = in_units(boundary.presentation);
    writer_.gap(boundary.sequence, from, std::max<std::int64_t>(in_units(end) - from, 0));
}

void CmafLane::skip(const Boundary& boundary, std::int64_t end)
{
    cut_at(boundary);
    write(track_.skip());
    writer_.complete(-1);
    gap(boundary, end);
}

void CmafLane::add(const media::AccessUnit& unit)
{
    auto step = track_.add(unit);
    write(std::move(step.last_chunk));
    if (step.began) {
        const auto seen =
            unit.key ? unit.dts + unit.composition : std::max(step.began->presentation, unit.dts);
        const auto time = std::max<std::int64_t>(seen, 0);
        writer_.begin(step.began->sequence, time, unit.key);
    }
    write(std::move(step.late));
    write(std::move(step.chunk));
}

void CmafLane::finish()
{
    write(track_.finish());
    writer_.complete(-1);
}

}  // namespace sluice::package
