#include "programme_cuts.hpp"

#include <algorithm>
#include <array>

namespace sluice::package {
namespace {

/// A lane's newest segments, newest first, bounded by what a lane may hold whatever is read.
template <class Visit>
void each_back(const LaneWindow& lane, Visit&& visit)
{
    const auto end = lane.end;
    const auto count = std::min<std::uint64_t>(end - std::min(lane.first, end), kMaxSegments);
    for (std::uint64_t i = 1; i <= count; ++i) {
        if (!visit(lane.at(end - i))) return;
    }
}

ProgrammeCuts::Cut cut_of(const SegmentEntry& segment)
{
    return {.sequence = segment.sequence, .presentation = segment.time, .period = segment.period};
}

enum class Step : std::uint8_t { take, pass, stop };

/// What `judge(segment, how many were taken)` wants of a lane, asked from the newest on; oldest
/// first.
template <class Judge>
std::vector<ProgrammeCuts::Cut> gather(const StreamRack& programme, Lane kind, Judge&& judge)
{
    std::array<ProgrammeCuts::Cut, kMaxSegments> found;
    std::size_t count = 0;
    const bool read = peek_window(programme, [&](const Window& window) {
        count = 0;
        each_back(window.of(kind), [&](const SegmentEntry& segment) {
            const auto step = judge(segment, count);
            if (step == Step::take) found[count++] = cut_of(segment);
            return step != Step::stop;
        });
    });
    if (!read) return {};
    std::vector<ProgrammeCuts::Cut> cuts(found.begin(), found.begin() + count);
    std::ranges::reverse(cuts);
    return cuts;
}

}  // namespace

std::vector<ProgrammeCuts::Cut> ProgrammeCuts::until(Lane lane, std::optional<std::uint64_t> after,
                                                     std::int64_t presentation) const
{
    return gather(*programme_, lane, [&](const SegmentEntry& segment, std::size_t found) {
        if (segment.time > presentation) return Step::pass;
        const bool enough = after ? segment.sequence <= *after : found > 0;
        return enough ? Step::stop : Step::take;
    });
}

std::vector<ProgrammeCuts::Cut> ProgrammeCuts::whole(Lane lane, std::uint64_t after) const
{
    return gather(*programme_, lane, [&](const SegmentEntry& segment, std::size_t) {
        if (segment.sequence <= after) return Step::stop;
        return segment.complete ? Step::take : Step::pass;
    });
}

std::optional<Period> ProgrammeCuts::period(std::uint32_t number) const
{
    Period period{};
    bool there = false;
    const bool read = peek_window(*programme_, [&](const Window& window) {
        there = number >= window.first_period && number < window.end_period;
        period = window.period_at(number);
    });
    return read && there ? std::optional(period) : std::nullopt;
}

std::uint32_t ProgrammeCuts::target_s() const
{
    std::uint32_t target = 0;
    peek_window(*programme_, [&](const Window& window) { target = window.target_s; });
    return target;
}

std::uint32_t ProgrammeCuts::transport_target_s() const
{
    std::uint32_t target = 0;
    peek_window(*programme_, [&](const Window& window) { target = window.transport_target_s; });
    return target;
}

}  // namespace sluice::package
