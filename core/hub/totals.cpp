#include "totals.hpp"

#include "hub.hpp"
#include "slots.hpp"

namespace sluice::hub {
namespace {

void add_state(Totals& totals, const StreamRecord& stream)
{
    if (name_of(stream).empty()) return;
    const auto state = Current::unpack(stream.current.load()).state;
    totals.live += state == State::live;
    totals.waiting += state == State::waiting;
    totals.used += is_shown(stream);
    for (std::size_t i = 0; i < kProtocols; ++i) {
        totals.viewers.at(i) += viewers_of(stream, static_cast<Protocol>(i));
    }
}

}  // namespace

Totals totals_of(const Zone& zone)
{
    const auto& header = zone.header();
    const auto& past = header.past;
    Totals totals{.bytes_in = past.bytes_in,
                  .bytes_out = past.bytes_out,
                  .skip_count = past.skip_count,
                  .skip_tags = past.skip_tags,
                  .skip_ms = past.skip_ms,
                  .overruns = past.overruns};
    // A record that is free at the moment still holds the counts of the name it had.
    for (std::uint32_t i = 0; i < header.streams; ++i) {
        const auto& stream = zone.stream(i);
        add_state(totals, stream);
        totals.bytes_out += bytes_out_of(stream);
        totals.skip_count += stream.skip_count.load();
        totals.skip_tags += stream.skip_tags.load();
        totals.skip_ms += stream.skip_ms.load();
        totals.overruns += stream.overruns.load();
    }
    for (std::uint32_t i = 0; i < header.rings; ++i) totals.bytes_in += zone.ring(i).bytes_in;
    return totals;
}

std::uint64_t bytes_out_of(const StreamRecord& stream)
{
    std::uint64_t sum = 0;
    for (const auto& slot : stream.bytes_out) sum += slot.load(std::memory_order_relaxed);
    return sum;
}

}  // namespace sluice::hub
