#include "delay_meter.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "containers.hpp"

namespace sluice::bench {
namespace {

/// The stamps of the pictures and the sound of a segment.
std::optional<StampRange> segment_stamps(View segment)
{
    std::optional<StampRange> all;
    const auto payloads = transport_payloads(segment);
    if (!payloads) return all;
    for (const auto& [pid, payload] : *payloads) {
        const auto range = find_stamps(payload);
        if (!range) continue;
        if (!all) all = range;
        if (range->first.sent_us < all->first.sent_us) all->first = range->first;
        if (range->last.sent_us > all->last.sent_us) all->last = range->last;
    }
    return all;
}

}  // namespace

void DelayMeter::add_part(std::size_t track, View part, std::int64_t now_us)
{
    if (const auto stamps = find_stamps(part))
        part_us_.at(track).add(now_us - stamps->last.sent_us);
}

void DelayMeter::add_segment(View segment, std::int64_t listed_us, std::int64_t now_us)
{
    const auto stamps = segment_stamps(segment);
    if (!stamps) return;
    listed_us_.add(listed_us - stamps->last.sent_us);
    segment_us_.add(now_us - stamps->last.sent_us);
    if (previous_listed_us_) cut_us_.add(*previous_listed_us_ - stamps->first.sent_us);
    previous_listed_us_ = listed_us;
}

nlohmann::json DelayMeter::summary_ms() const
{
    return {{"video_part_ms", part_us_[0].summary_ms()},
            {"audio_part_ms", part_us_[1].summary_ms()},
            {"segment_listed_ms", listed_us_.summary_ms()},
            {"segment_ms", segment_us_.summary_ms()},
            {"segment_cut_ms", cut_us_.summary_ms()}};
}

}  // namespace sluice::bench
