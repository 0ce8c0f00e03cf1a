#include "delay_meter.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "containers.hpp"

namespace sluice::bench {
namespace {

struct SegmentStamps {
    std::int64_t first_picture_us = 0;
    std::int64_t last_us = 0;  ///< of pictures and sound
};

std::optional<SegmentStamps> segment_stamps(View segment)
{
    std::optional<SegmentStamps> found;
    std::size_t largest = 0;
    const auto payloads = transport_payloads(segment);
    if (!payloads) return found;
    for (const auto& [pid, payload] : *payloads) {
        const auto range = find_stamps(payload);
        if (!range) continue;
        if (!found) found.emplace();
        found->last_us = std::max(found->last_us, range->last.sent_us);
        if (payload.size() <= largest) continue;
        largest = payload.size();  // pictures are larger than sound
        found->first_picture_us = range->first.sent_us;
    }
    return found;
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
    listed_us_.add(listed_us - stamps->last_us);
    segment_us_.add(now_us - stamps->last_us);
    if (previous_listed_us_) cut_us_.add(*previous_listed_us_ - stamps->first_picture_us);
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
