#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "layout.hpp"

namespace sluice::hub {

/// Rings of one size. A stream starts in the smallest and moves to a larger one when two groups of
/// pictures don't fit.
struct RingClass {
    std::uint64_t bytes = 0;
    std::uint32_t count = 0;
};

/// How a zone is divided. Fixed for the life of the zone: another geometry needs a restart.
struct Geometry {
    std::uint32_t streams = 1024;
    std::uint32_t events = 2048;
    std::uint32_t sessions = 32768;  ///< rounded up to whole buckets
    std::vector<RingClass> rings;    ///< ascending sizes
};

/// Bytes a zone of this geometry takes. Pages are touched only when used.
std::size_t zone_bytes(const Geometry& geometry);

/// A view of the zone: cheap to copy, owns nothing. Plain memory in; knows neither nginx nor
/// descriptors.
class Zone {
public:
    Zone() = default;

    /// Formats zeroed memory. `boot` and `hash_key` are random numbers from the caller.
    /// Errc::limit when `memory` is too small or the geometry is out of range.
    static Result<Zone> format(std::span<std::byte> memory, const Geometry& geometry,
                               std::uint64_t boot, std::uint64_t hash_key[2]);

    /// Attaches to formatted memory. Errc::unsupported when magic or layout version differ.
    static Result<Zone> attach(std::span<std::byte> memory);

    explicit operator bool() const { return base_ != nullptr; }
    ZoneHeader& header() const { return *reinterpret_cast<ZoneHeader*>(base_); }
    WorkerSlot& slot(std::uint32_t i) const { return at<WorkerSlot>(header().slots_at)[i]; }
    StreamRecord& stream(std::uint32_t i) const { return at<StreamRecord>(header().streams_at)[i]; }
    RingHeader& ring(std::uint32_t i) const { return at<RingHeader>(header().rings_at)[i]; }
    EventSlot& event(std::uint64_t seq) const
    {
        return at<EventSlot>(header().events_at)[seq % header().events];
    }
    SessionEntry& session(std::uint64_t i) const
    {
        return at<SessionEntry>(header().sessions_at)[i];
    }
    std::uint32_t index_of(const StreamRecord& stream) const
    {
        return static_cast<std::uint32_t>(&stream - at<StreamRecord>(header().streams_at));
    }
    std::uint8_t* bytes(const RingHeader& ring) const { return at<std::uint8_t>(ring.data_at); }
    Descriptor& descriptor(const RingHeader& ring, std::uint64_t seq) const
    {
        return at<Descriptor>(ring.descriptors_at)[seq % ring.descriptors];
    }

    /// A number that rises over all processes: order of releases and uses.
    std::uint64_t next_stamp() const { return header().stamp.fetch_add(1) + 1; }

private:
    explicit Zone(std::byte* base) : base_(base) {}

    template <class T>
    T* at(std::uint64_t offset) const
    {
        return reinterpret_cast<T*>(base_ + offset);
    }

    std::byte* base_ = nullptr;
};

}  // namespace sluice::hub
