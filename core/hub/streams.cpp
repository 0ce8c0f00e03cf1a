#include <cstring>

#include "hub.hpp"

namespace sluice::hub {
namespace {

constexpr std::uint64_t kNever = 0;
constexpr std::uint64_t kFree = 1;

std::uint64_t rotate(std::uint64_t v, int n)
{
    return v << n | v >> (64 - n);
}

/// SipHash-2-4 (Aumasson, Bernstein 2012). Keyed, so that nobody outside can choose names that collide: the hash alone
/// identifies a record.
std::uint64_t hash_name(std::string_view name, const std::uint64_t key[2])
{
    std::uint64_t v0 = key[0] ^ 0x736f6d6570736575, v1 = key[1] ^ 0x646f72616e646f6d;
    std::uint64_t v2 = key[0] ^ 0x6c7967656e657261, v3 = key[1] ^ 0x7465646279746573;
    const auto round = [&] {
        v0 += v1, v1 = rotate(v1, 13) ^ v0, v0 = rotate(v0, 32);
        v2 += v3, v3 = rotate(v3, 16) ^ v2;
        v0 += v3, v3 = rotate(v3, 21) ^ v0;
        v2 += v1, v1 = rotate(v1, 17) ^ v2, v2 = rotate(v2, 32);
    };
    std::uint64_t last = std::uint64_t{name.size()} << 56;
    std::size_t at = 0;
    for (; at + 8 <= name.size(); at += 8) {
        std::uint64_t m = 0;
        std::memcpy(&m, name.data() + at, 8);
        v3 ^= m;
        round(), round();
        v0 ^= m;
    }
    for (std::size_t i = 0; at + i < name.size(); ++i) {
        last |= std::uint64_t{static_cast<unsigned char>(name[at + i])} << (8 * i);
    }
    v3 ^= last;
    round(), round();
    v0 ^= last;
    v2 ^= 0xff;
    round(), round(), round(), round();
    const auto hash = v0 ^ v1 ^ v2 ^ v3;
    return hash <= kFree ? hash + 2 : hash;
}

/// Every creator of a name writes the same bytes, so two at once, or one that died half way, do no harm.
void write_name(StreamRecord& stream, std::string_view name)
{
    std::memcpy(stream.name, name.data(), name.size());
    stream.name_size.store(static_cast<std::uint32_t>(name.size()), std::memory_order_release);
}

StreamRecord* find_tag(const Zone& zone, std::uint64_t hash)
{
    const auto count = zone.header().streams;
    for (std::uint32_t i = 0, at = hash % count; i < count; ++i, at = (at + 1) % count) {
        const auto tag = zone.stream(at).tag.load(std::memory_order_acquire);
        if (tag == hash) return &zone.stream(at);
        if (tag == kNever) return nullptr;
    }
    return nullptr;
}

bool in_use(const StreamRecord& stream)
{
    return Current::unpack(stream.current.load()).state != State::idle || stream.readers.load() != 0;
}

void reset(StreamRecord& stream)
{
    stream.name_size.store(0);
    stream.current.store(Current{}.pack());
    stream.end_request.store(0);
    stream.started_at_ms.store(0);
    for (auto* counter : {&stream.wakes, &stream.skip_count, &stream.skip_tags, &stream.skip_ms, &stream.overruns}) {
        counter->store(0);
    }
    for (auto& bytes : stream.bytes_out) bytes.store(0);
}

/// Frees the idle record that was used longest ago. A reader that finds it at this moment sets its bit first and looks at
/// the tag again, so one of the two always notices the other.
bool reclaim_oldest(const Zone& zone)
{
    StreamRecord* oldest = nullptr;
    for (std::uint32_t i = 0; i < zone.header().streams; ++i) {
        auto& stream = zone.stream(i);
        if (stream.tag.load() <= kFree || in_use(stream)) continue;
        if (oldest == nullptr || stream.last_used.load() < oldest->last_used.load()) oldest = &stream;
    }
    if (oldest == nullptr) return false;
    auto tag = oldest->tag.load();
    if (tag <= kFree || !oldest->tag.compare_exchange_strong(tag, kFree)) return true;  // somebody else was faster
    if (in_use(*oldest)) {
        auto free = kFree;
        oldest->tag.compare_exchange_strong(free, tag);
        return true;
    }
    reset(*oldest);
    return true;
}

/// Puts the hash into the first free place of its probe sequence; nullptr when there is none.
StreamRecord* insert(const Zone& zone, std::uint64_t hash)
{
    const auto count = zone.header().streams;
    for (std::uint32_t i = 0, at = hash % count; i < count; ++i, at = (at + 1) % count) {
        auto& stream = zone.stream(at);
        auto tag = stream.tag.load();
        if (tag == hash) return &stream;
        if (tag > kFree) continue;
        if (stream.tag.compare_exchange_strong(tag, hash) || tag == hash) return &stream;
    }
    return nullptr;
}

}  // namespace

StreamRecord* find_stream(const Zone& zone, std::string_view name)
{
    if (name.empty() || name.size() > kMaxName) return nullptr;
    return find_tag(zone, hash_name(name, zone.header().hash_key));
}

StreamRecord* open_stream(const Zone& zone, std::string_view name)
{
    if (name.empty() || name.size() > kMaxName) return nullptr;
    const auto hash = hash_name(name, zone.header().hash_key);
    constexpr int kAttempts = 16;
    for (int i = 0; i < kAttempts; ++i) {
        if (find_tag(zone, hash) == nullptr && insert(zone, hash) == nullptr) {
            if (!reclaim_oldest(zone)) return nullptr;
            continue;
        }
        // Two processes may have put the same hash into two places that became free at the same time: both now find the
        // one that comes first in the probe sequence, so the other stays unused until it is reclaimed.
        auto* stream = find_tag(zone, hash);
        if (stream == nullptr) continue;
        write_name(*stream, name);
        stream->last_used.store(zone.next_stamp());
        return stream;
    }
    return nullptr;
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

}  // namespace sluice::hub
