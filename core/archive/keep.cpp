#include "keep.hpp"

#include "core/media/track.hpp"
#include "core/package/segment_files.hpp"

namespace sluice::archive {

std::optional<Kept> kept_of(const package::Window& window, const std::string& root,
                            const package::Completed& completed)
{
    const auto& lane = window.of(completed.lane);
    if (completed.lane == package::Lane::transport || completed.lost ||
        !lane.holds(completed.sequence))
        return std::nullopt;
    const auto& segment = lane.at(completed.sequence);
    if (segment.bytes == 0) return std::nullopt;
    const auto& period = window.period_at(segment.period);
    const std::int64_t timescale = package::timescale_of(period, completed.lane);
    if (timescale == 0) return std::nullopt;
    const auto time = segment.time * media::kVideoTimescale / timescale;
    const auto name = window.name_text();
    return Kept{
        .segment = {.period = period.id,
                    .sequence = segment.sequence,
                    .file = 0,
                    .offset = 0,
                    .wall_ms = package::wall_ms_at(period, time),
                    .bytes = segment.bytes,
                    .duration_us = package::duration_us(window, completed.lane, segment),
                    .lane = static_cast<std::uint32_t>(completed.lane),
                    .independent = segment.independent ? 1U : 0U},
        .period = {.id = period.id, .video = period.video, .audio = period.audio},
        .media = package::segment_path(root, name, period.id, completed.lane, segment.sequence),
        .init = package::init_path(root, name, period.id, completed.lane)};
}

}  // namespace sluice::archive
