#include "audience.hpp"

#include <array>

#include "worker.hpp"

namespace sluice::ngx {
namespace {

struct Counts {
    std::uint32_t viewers = 0;
    std::uint32_t eager = 0;
};

std::array<Counts, hub::kMaxStreams> counts;

Counts& counts_of(const hub::StreamRecord& stream)
{
    return counts[worker()->zone.index_of(stream)];
}

}  // namespace

bool enter_audience(hub::StreamRecord& stream, hub::Protocol protocol)
{
    auto& count = counts_of(stream);
    const auto slot = worker()->slot;
    if (count.viewers == 0 && !hub::add_reader(stream, slot)) return false;
    keep_worker();
    ++count.viewers;
    stream.viewers[slot][static_cast<std::size_t>(protocol)].fetch_add(1);
    worker()->slot_record().viewers.fetch_add(1);
    return true;
}

void leave_audience(hub::StreamRecord& stream, hub::Protocol protocol)
{
    auto& count = counts_of(stream);
    const auto slot = worker()->slot;
    stream.viewers[slot][static_cast<std::size_t>(protocol)].fetch_sub(1);
    worker()->slot_record().viewers.fetch_sub(1);
    if (--count.viewers == 0) hub::remove_reader(stream, slot);
}

void want_every_tag(hub::StreamRecord& stream, bool want)
{
    auto& eager = counts_of(stream).eager;
    eager += want ? 1 : -1;
    if (eager == (want ? 1U : 0U)) hub::want_wakes(stream, worker()->slot, want);
}

void count_bytes_out(hub::StreamRecord& stream, std::uint64_t bytes)
{
    auto& sum = stream.bytes_out[worker()->slot];
    sum.store(sum.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
}

}  // namespace sluice::ngx
