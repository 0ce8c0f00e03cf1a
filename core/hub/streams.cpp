#include <sched.h>
#include <cstring>

#include "hub.hpp"
#include "keyed_hash.hpp"
#include "name_tag.hpp"
#include "seqlock.hpp"

namespace sluice::hub {
namespace {

/// What a record of this name is tagged with: the hash alone identifies it.
std::uint64_t hash_name(const Zone& zone, std::string_view name)
{
    return tag_of(keyed_hash(name, zone.header().hash_key));
}

StreamRecord* find_tag(const Zone& zone, std::uint64_t hash)
{
    const auto count = zone.header().streams;
    for (std::uint32_t i = 0, at = hash % count; i < count; ++i, at = (at + 1) % count) {
        const auto tag = zone.stream(at).tag.load(std::memory_order_acquire);
        if (certain(tag) == hash) return &zone.stream(at);
        if (tag == kNever) return nullptr;
    }
    return nullptr;
}

bool in_use(const StreamRecord& stream)
{
    return Current::unpack(stream.current.load()).state != State::idle ||
           stream.readers.load() != 0;
}

/// The right to make and reclaim records. A dead holder loses it; every step under it is one store,
/// so nothing has to be put right then. A living one keeps it, even stopped: whoever wants it
/// meanwhile gives up soon.
class Creation {
public:
    explicit Creation(const Zone& zone) : word_(zone.header().creator), self_(own_process_id())
    {
        constexpr int kAttempts = 2000;
        constexpr int kLookEvery = 250;
        for (int i = 1; i <= kAttempts && self_ != 0 && !held_; ++i) {
            ProcessId holder = 0;
            held_ = word_.compare_exchange_strong(holder, self_);
            if (!held_ && i % kLookEvery == 0 && !is_alive(holder)) {
                held_ = word_.compare_exchange_strong(holder, self_);
            }
            if (!held_) ::sched_yield();
        }
    }
    Creation(const Creation&) = delete;
    Creation& operator=(const Creation&) = delete;
    ~Creation()
    {
        if (held_) word_.store(0);
    }

    explicit operator bool() const { return held_; }

private:
    std::atomic<ProcessId>& word_;
    ProcessId self_;
    bool held_ = false;
};

/// The record's counters start anew for another name.
void forget_counts(Past& past, StreamRecord& stream)
{
    past.skip_count += stream.skip_count.exchange(0);
    past.skip_tags += stream.skip_tags.exchange(0);
    past.skip_ms += stream.skip_ms.exchange(0);
    past.overruns += stream.overruns.exchange(0);
    for (auto& bytes : stream.bytes_out) past.bytes_out += bytes.exchange(0);
    for (auto& count : stream.sessions) count.store(0);
}

/// Makes a free record the name's; visible to others as a whole, with the tag.
void fill(Past& past, StreamRecord& stream, std::uint64_t hash, std::string_view name)
{
    stream.current.store(Current{}.pack());
    stream.deadline.store(0);
    stream.end_request.store(0);
    stream.started_at_ms.store(0);
    stream.run.store(0);
    stream.last_dts_ms.store(-1);
    stream.last_arrival_us.store(0);
    stream.window_ms.store(0);
    stream.wakes.store(0);
    stream.window_wakes.store(0);
    forget_counts(past, stream);
    std::memcpy(stream.name, name.data(), name.size());
    stream.name_size.store(static_cast<std::uint32_t>(name.size()));
    stream.tag.store(hash);
}

/// Frees the idle record that was used longest ago; false when all are in use. Who found it by name
/// at this moment, to publish or to watch, marks it as in use first and holds the tag then: one of
/// the two always notices the other.
bool reclaim_oldest(const Zone& zone)
{
    StreamRecord* oldest = nullptr;
    for (std::uint32_t i = 0; i < zone.header().streams; ++i) {
        auto& stream = zone.stream(i);
        if (stream.tag.load() <= kFree || in_use(stream)) continue;
        if (oldest == nullptr || stream.last_used.load() < oldest->last_used.load())
            oldest = &stream;
    }
    if (oldest == nullptr) return false;
    auto tag = oldest->tag.load();
    auto doubted = tag | kDoubt;  // as a creator that died here may have left it
    if (tag != doubted && !oldest->tag.compare_exchange_strong(tag, doubted)) return true;
    oldest->tag.compare_exchange_strong(doubted, in_use(*oldest) ? certain(tag) : kFree);
    return true;
}

/// The first free place of the hash's probe sequence; nullptr when there is none.
StreamRecord* free_place(const Zone& zone, std::uint64_t hash)
{
    const auto count = zone.header().streams;
    for (std::uint32_t i = 0, at = hash % count; i < count; ++i, at = (at + 1) % count) {
        if (zone.stream(at).tag.load() <= kFree) return &zone.stream(at);
    }
    return nullptr;
}

StreamRecord* make_stream(const Zone& zone, std::uint64_t hash, std::string_view name)
{
    const Creation creation(zone);
    if (!creation) return nullptr;
    if (auto* made = find_tag(zone, hash)) return made;  // by somebody who was faster
    constexpr int kAttempts = 16;
    for (int i = 0; i < kAttempts; ++i) {
        if (auto* place = free_place(zone, hash)) {
            fill(zone.header().past, *place, hash, name);
            return place;
        }
        if (!reclaim_oldest(zone)) return nullptr;
    }
    return nullptr;
}

}  // namespace

StreamRecord* find_stream(const Zone& zone, std::string_view name)
{
    if (name.empty() || name.size() > kMaxName) return nullptr;
    return find_tag(zone, hash_name(zone, name));
}

StreamRecord* open_stream(const Zone& zone, std::string_view name)
{
    if (name.empty() || name.size() > kMaxName) return nullptr;
    const auto hash = hash_name(zone, name);
    auto* stream = find_tag(zone, hash);
    if (stream == nullptr) stream = make_stream(zone, hash, name);
    if (stream != nullptr) stream->last_used.store(zone.next_stamp());
    return stream;
}

bool is_named(const Zone& zone, const StreamRecord& stream, std::string_view name)
{
    return certain(stream.tag.load()) == hash_name(zone, name);
}

bool hold_name(const Zone& zone, StreamRecord& stream, std::string_view name)
{
    return hold(stream, hash_name(zone, name));
}

std::string_view name_of(const StreamRecord& stream)
{
    if (stream.tag.load(std::memory_order_acquire) <= kFree) return {};
    return {stream.name, stream.name_size.load(std::memory_order_acquire)};
}

RingHeader* current_ring(const Zone& zone, const StreamRecord& stream)
{
    const auto current = Current::unpack(stream.current.load(std::memory_order_acquire));
    if (current.epoch == 0) return nullptr;
    auto& ring = zone.ring(current.ring);
    return ring.epoch.load(std::memory_order_acquire) == current.epoch ? &ring : nullptr;
}

codec::VideoDescription picture_of(const Zone& zone, const StreamRecord& stream)
{
    codec::VideoDescription picture{};
    const auto* ring = current_ring(zone, stream);
    if (ring == nullptr) return picture;
    if (!seq_read(ring->info_lock, [&] { picture = ring->info.video; })) picture = {};
    return picture;
}

}  // namespace sluice::hub
