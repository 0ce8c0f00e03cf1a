#include "zone.hpp"

#include <set>

#include "test_hub.hpp"

namespace sluice::hub {
namespace {

using namespace test;

/// Memory of the zone's size, zeroed.
struct Memory {
    explicit Memory(std::size_t size) : words(size / sizeof(std::uint64_t) + 1) {}
    std::span<std::byte> bytes() { return std::as_writable_bytes(std::span(words)); }
    std::vector<std::uint64_t> words;
};

Result<Zone> format(Memory& memory, const Geometry& geometry)
{
    std::uint64_t key[2]{1, 2};
    return Zone::format(memory.bytes(), geometry, 7, key);
}

TEST(HubZone, HoldsEveryRingOfEveryClassWithoutOverlap)
{
    const auto geometry = small_geometry();
    SharedZone shared(geometry);
    ASSERT_EQ(shared.zone.header().rings, 7U);
    std::uint64_t free_from = 0;
    std::uint32_t index = 0;
    for (std::uint32_t size_class = 0; size_class < geometry.rings.size(); ++size_class) {
        for (std::uint32_t i = 0; i < geometry.rings[size_class].count; ++i) {
            const auto& ring = shared.zone.ring(index++);
            EXPECT_EQ(ring.bytes, geometry.rings[size_class].bytes);
            EXPECT_EQ(ring.size_class, size_class);
            EXPECT_GE(ring.data_at, free_from);
            EXPECT_GE(ring.descriptors_at, ring.data_at + ring.bytes);
            free_from = ring.descriptors_at + ring.descriptors * sizeof(Descriptor);
        }
    }
    EXPECT_LE(free_from, zone_bytes(geometry));
}

TEST(HubZone, WhatOneProcessFormatsAnotherAttachesTo)
{
    const auto geometry = small_geometry();
    Memory memory(zone_bytes(geometry));
    ASSERT_TRUE(format(memory, geometry));
    const auto zone = Zone::attach(memory.bytes());
    ASSERT_TRUE(zone);
    EXPECT_EQ(zone->header().boot, 7U);
    EXPECT_EQ(zone->header().streams, geometry.streams);
}

TEST(HubZone, RefusesWhatIsNoZoneAnotherLayoutOrCutShort)
{
    const auto geometry = small_geometry();
    Memory memory(zone_bytes(geometry));
    EXPECT_EQ(Zone::attach(memory.bytes()).error().code, Errc::unsupported);
    EXPECT_EQ(Zone::attach(memory.bytes().first(16)).error().code, Errc::truncated);
    ASSERT_TRUE(format(memory, geometry));
    EXPECT_EQ(Zone::attach(memory.bytes().first(sizeof(ZoneHeader))).error().code, Errc::truncated);
    reinterpret_cast<ZoneHeader*>(memory.words.data())->layout_version = kLayoutVersion + 1;
    EXPECT_EQ(Zone::attach(memory.bytes()).error().code, Errc::unsupported);
}

TEST(HubZone, RefusesGeometriesThatCannotWork)
{
    const Geometry good = small_geometry();
    Memory memory(zone_bytes(good));
    const auto refused = [&](auto change) {
        Geometry geometry = good;
        change(geometry);
        const auto zone = format(memory, geometry);
        return !zone && zone.error().code == Errc::limit;
    };
    EXPECT_TRUE(refused([](Geometry& g) { g.streams = 0; }));
    EXPECT_TRUE(refused([](Geometry& g) { g.streams = kMaxStreams + 1; }));
    EXPECT_TRUE(refused([](Geometry& g) { g.events = 15; }));
    EXPECT_TRUE(refused([](Geometry& g) { g.sessions = kMinSessions - 1; }));
    EXPECT_TRUE(refused([](Geometry& g) { g.sessions = kMaxSessions + 1; }));
    EXPECT_TRUE(refused([](Geometry& g) { g.rings.clear(); }));
    EXPECT_TRUE(refused([](Geometry& g) { g.rings[0].bytes = 1000; }));
    EXPECT_TRUE(refused([](Geometry& g) { g.rings[2].bytes = (1ULL << 31) + 1; }));
    EXPECT_TRUE(refused([](Geometry& g) { g.rings[1].count = 0; }));
    EXPECT_TRUE(refused([](Geometry& g) { std::swap(g.rings[0], g.rings[1]); }));
    EXPECT_TRUE(refused([](Geometry& g) { g.rings[0].count = 0x10000; }));
    EXPECT_TRUE(refused([](Geometry& g) { ++g.rings[0].count; })) << "does not fit the memory";
    EXPECT_FALSE(refused([](Geometry&) {}));
}

TEST(HubZone, RoundsTheSessionsUpToWholeBuckets)
{
    auto geometry = small_geometry();
    geometry.sessions = 1000;
    EXPECT_EQ(SharedZone(geometry).zone.header().sessions, 1008U);
}

TEST(HubZone, StampsRiseAndNoneIsGivenTwice)
{
    SharedZone shared(small_geometry());
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(seen.insert(shared.zone.next_stamp()).second);
    EXPECT_EQ(*seen.rbegin(), 100U);
}

}  // namespace
}  // namespace sluice::hub
