#include "zone.hpp"

namespace sluice::hub {
namespace {

constexpr std::uint64_t kAlign = 64;
constexpr std::uint64_t kMinRing = 64ull * 1024;
constexpr std::uint64_t kMaxRing = 1ull << 31;
constexpr std::uint64_t kBytesPerDescriptor =
    256;  // small audio tags fill the bytes before the descriptors
constexpr std::uint32_t kMaxRings = 0xffff;

std::uint64_t aligned(std::uint64_t n)
{
    return (n + kAlign - 1) / kAlign * kAlign;
}

/// Offsets of the zone's parts, in their order.
struct Plan {
    std::uint64_t slots, streams, rings, events, sessions, media, end;
    std::uint32_t ring_count = 0;
    std::uint32_t session_count = 0;
};

Plan plan_of(const Geometry& geometry)
{
    Plan plan{};
    for (const auto& size_class : geometry.rings) plan.ring_count += size_class.count;
    plan.session_count = (geometry.sessions + kSessionBucket - 1) / kSessionBucket * kSessionBucket;
    plan.slots = aligned(sizeof(ZoneHeader));
    plan.streams = plan.slots + aligned(sizeof(WorkerSlot) * kSlots);
    plan.rings = plan.streams + aligned(sizeof(StreamRecord) * geometry.streams);
    plan.events = plan.rings + aligned(sizeof(RingHeader) * plan.ring_count);
    plan.sessions = plan.events + aligned(sizeof(EventSlot) * geometry.events);
    plan.media = plan.sessions + aligned(sizeof(SessionEntry) * plan.session_count);
    plan.end = plan.media;
    for (const auto& size_class : geometry.rings) {
        const auto descriptors = size_class.bytes / kBytesPerDescriptor;
        plan.end += size_class.count *
                    (aligned(size_class.bytes) + aligned(descriptors * sizeof(Descriptor)));
    }
    return plan;
}

bool in_range(const Geometry& geometry)
{
    if (geometry.streams == 0 || geometry.streams > kMaxStreams || geometry.events < 16)
        return false;
    if (geometry.sessions < kMinSessions || geometry.sessions > kMaxSessions) return false;
    if (geometry.rings.empty()) return false;
    std::uint64_t last = 0;
    std::uint64_t count = 0;
    for (const auto& size_class : geometry.rings) {
        if (size_class.bytes < kMinRing || size_class.bytes > kMaxRing || size_class.bytes <= last)
            return false;
        if (size_class.count == 0) return false;
        last = size_class.bytes;
        count += size_class.count;
    }
    return count <= kMaxRings;
}

}  // namespace

std::size_t zone_bytes(const Geometry& geometry)
{
    return plan_of(geometry).end;
}

Result<Zone> Zone::format(std::span<std::byte> memory, const Geometry& geometry, std::uint64_t boot,
                          std::uint64_t hash_key[2])
{
    if (!in_range(geometry)) return tl::unexpected(Error{Errc::limit, "hub geometry"});
    const auto plan = plan_of(geometry);
    if (memory.size() < plan.end) return tl::unexpected(Error{Errc::limit, "hub zone size"});

    Zone zone(memory.data());
    auto& header = zone.header();
    header.layout_version = kLayoutVersion;
    header.streams = geometry.streams;
    header.rings = plan.ring_count;
    header.events = geometry.events;
    header.sessions = plan.session_count;
    header.zone_bytes = plan.end;
    header.boot = boot;
    header.hash_key[0] = hash_key[0];
    header.hash_key[1] = hash_key[1];
    header.slots_at = plan.slots;
    header.streams_at = plan.streams;
    header.rings_at = plan.rings;
    header.events_at = plan.events;
    header.sessions_at = plan.sessions;
    for (auto& fd : header.wake_fd) fd = -1;

    std::uint64_t at = plan.media;
    std::uint32_t ring_index = 0;
    for (std::uint32_t c = 0; c < geometry.rings.size(); ++c) {
        for (std::uint32_t i = 0; i < geometry.rings[c].count; ++i) {
            auto& ring = zone.ring(ring_index++);
            ring.bytes = geometry.rings[c].bytes;
            ring.descriptors = static_cast<std::uint32_t>(ring.bytes / kBytesPerDescriptor);
            ring.size_class = c;
            ring.data_at = at;
            at += aligned(ring.bytes);
            ring.descriptors_at = at;
            at += aligned(ring.descriptors * sizeof(Descriptor));
        }
    }
    header.magic.store(kMagic, std::memory_order_release);
    return zone;
}

Result<Zone> Zone::attach(std::span<std::byte> memory)
{
    if (memory.size() < sizeof(ZoneHeader))
        return tl::unexpected(Error{Errc::truncated, "hub zone"});
    const Zone zone(memory.data());
    const auto& header = zone.header();
    if (header.magic.load(std::memory_order_acquire) != kMagic ||
        header.layout_version != kLayoutVersion) {
        return tl::unexpected(Error{Errc::unsupported, "hub zone layout"});
    }
    if (header.zone_bytes > memory.size())
        return tl::unexpected(Error{Errc::truncated, "hub zone size"});
    return zone;
}

}  // namespace sluice::hub
