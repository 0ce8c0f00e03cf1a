#include "reload.hpp"

#include <algorithm>
#include <charconv>

#include "core/auth/query.hpp"

namespace sluice::package {
namespace {

// 6.2.5.2: further ahead than this nothing is waited for.
constexpr std::uint64_t kSegmentsAhead = 2;
constexpr std::uint64_t kSecondUs = 1'000'000;

/// Reads a parameter into `out`; false when it is there and no number.
bool read_number(std::string_view query, std::string_view name, std::optional<std::uint64_t>& out)
{
    const auto text = auth::find_parameter(query, name);
    if (!text) return true;
    std::uint64_t value = 0;
    const auto* end = text->data() + text->size();
    const auto [at, error] = std::from_chars(text->data(), end, value);
    if (text->empty() || error != std::errc() || at != end) return false;
    out = value;
    return true;
}

/// How many parts beyond the newest one may be asked for.
std::uint64_t parts_ahead(std::uint64_t part_target_us)
{
    if (part_target_us == 0 || part_target_us >= kSecondUs) return 3;
    return (3 * kSecondUs + part_target_us - 1) / part_target_us;
}

std::uint64_t part_target(const Window& window, Lane kind, const SegmentEntry& segment)
{
    const auto& period = window.period_at(segment.period);
    return kind == Lane::audio ? period.audio.part_target_us : period.video.part_target_us;
}

/// A part behind the last one of a segment is the first of the next (6.2.5.2).
Reload beyond_end(const LaneWindow& lane, const Reload& asked)
{
    auto reload = asked;
    if (!asked.part || !lane.holds(*asked.sequence)) return reload;
    const auto& segment = lane.at(*asked.sequence);
    if (!segment.complete || *asked.part < segment.parts) return reload;
    reload.sequence = *asked.sequence + 1;
    reload.part = 0;
    return reload;
}

}  // namespace

std::optional<Reload> parse_reload(std::string_view query)
{
    Reload reload;
    if (!read_number(query, "_HLS_msn", reload.sequence)) return std::nullopt;
    if (!read_number(query, "_HLS_part", reload.part)) return std::nullopt;
    if (reload.part && !reload.sequence) return std::nullopt;
    const auto skip = auth::find_parameter(query, "_HLS_skip");
    reload.skip = skip == "YES" || skip == "v2";
    return reload;
}

Wait wait_for(const Window& window, Lane kind, const Reload& asked)
{
    if (!asked.sequence) return Wait::no;
    const auto& lane = window.of(kind);
    if (lane.empty()) return Wait::yes;
    const auto reload = beyond_end(lane, asked);
    const auto wanted = *reload.sequence;
    const auto& newest = lane.at(lane.end - 1);
    const auto last = lane.end - 1;
    if (wanted > last + kSegmentsAhead) return Wait::absurd;
    if (wanted > last) return Wait::yes;
    if (wanted < last || newest.complete) return Wait::no;
    if (!reload.part) return Wait::yes;
    if (*reload.part < newest.parts) return Wait::no;
    const auto ahead = parts_ahead(part_target(window, kind, newest));
    return *reload.part >= newest.parts + ahead ? Wait::absurd : Wait::yes;
}

Wait wait_for_part(const Window& window, Lane kind, std::uint64_t sequence, std::uint64_t part)
{
    const auto& lane = window.of(kind);
    if (lane.holds(sequence)) {
        const auto& segment = lane.at(sequence);
        if (part < segment.parts) return Wait::no;
        return !segment.complete && part == segment.parts ? Wait::yes : Wait::absurd;
    }
    const bool next = !lane.empty() && sequence == lane.end && part == 0;
    return next ? Wait::yes : Wait::absurd;
}

bool still_awaited(const Window& window, const Awaited& awaited)
{
    switch (awaited.what) {
        case Awaited::What::playlist:
            return wait_for(window, awaited.lane,
                            {.sequence = awaited.sequence, .part = awaited.part}) == Wait::yes;
        case Awaited::What::part:
            return wait_for_part(window, awaited.lane, awaited.sequence,
                                 awaited.part.value_or(0)) == Wait::yes;
        case Awaited::What::change:
            break;
    }
    return false;
}

}  // namespace sluice::package
