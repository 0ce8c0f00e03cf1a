#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "core/flv/tag.hpp"
#include "hub.hpp"
#include "process.hpp"
#include "reader.hpp"
#include "slots.hpp"

/// A zone and tags for the hub's tests.
namespace sluice::hub::test {

/// A formatted zone in memory that forked processes share.
class SharedZone {
public:
    explicit SharedZone(const Geometry& geometry) : size_(zone_bytes(geometry))
    {
        memory_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        std::uint64_t key[2]{0x0706050403020100, 0x0f0e0d0c0b0a0908};
        zone = *Zone::format({static_cast<std::byte*>(memory_), size_}, geometry, 1, key);
    }
    SharedZone(const SharedZone&) = delete;
    SharedZone& operator=(const SharedZone&) = delete;
    ~SharedZone() { ::munmap(memory_, size_); }

    Zone zone;

private:
    void* memory_ = nullptr;
    std::size_t size_;
};

inline constexpr std::uint64_t kKiB = 1024;

inline Geometry small_geometry()
{
    return {.streams = 8,
            .events = 16,
            .sessions = kMinSessions,
            .rings = {{64 * kKiB, 4}, {256 * kKiB, 2}, {1024 * kKiB, 1}}};
}

inline Claim claim(const Zone& zone, std::string_view name, bool may_replace = false,
                   std::uint32_t slot = 0)
{
    return claim_stream(zone, *open_stream(zone, name), name, own_process_id(), slot, may_replace,
                        1000);
}

/// Byte `i` of the body of tag `n`: every tag differs, and a torn one is seen.
inline std::uint8_t pattern(std::uint64_t n, std::size_t i)
{
    return static_cast<std::uint8_t>((n * 0x9e3779b97f4a7c15 >> 56) + i * 7);
}

/// A complete video tag whose body is its number and the pattern.
inline std::vector<std::uint8_t> tag_bytes(std::uint64_t n, std::int64_t dts_ms, std::size_t body)
{
    std::vector<std::uint8_t> tag(flv::kTagHeaderSize + body + flv::kPreviousTagSize);
    flv::write_tag_header(
        std::span<std::uint8_t, flv::kTagHeaderSize>(tag.data(), flv::kTagHeaderSize),
        {flv::TagType::video, static_cast<std::uint32_t>(body),
         static_cast<std::uint32_t>(dts_ms)});
    std::memcpy(tag.data() + flv::kTagHeaderSize, &n, sizeof(n));
    for (std::size_t i = sizeof(n); i < body; ++i) tag[flv::kTagHeaderSize + i] = pattern(n, i);
    const auto size = static_cast<std::uint32_t>(flv::kTagHeaderSize + body);
    for (std::size_t i = 0; i < 4; ++i)
        tag[size + i] = static_cast<std::uint8_t>(size >> (24 - 8 * i));
    return tag;
}

/// Appends tag `n`; its time is 40 ms · n unless said otherwise, its arrival the same.
inline void append(Writer& writer, std::uint64_t n, bool key, std::size_t body = 1000,
                   std::int64_t dts_ms = -1)
{
    if (dts_ms < 0) dts_ms = static_cast<std::int64_t>(n) * 40;
    const auto tag = tag_bytes(n, dts_ms, body);
    const std::array<std::span<const std::uint8_t>, 1> pieces{tag};
    const auto done =
        writer.append(pieces, {.type = 9,
                               .flags = key ? kKey : std::uint8_t{0},
                               .dts_ms = dts_ms,
                               .arrival_us = static_cast<std::uint64_t>(dts_ms) * 1000});
    ASSERT_TRUE(done);
}

struct SeenTag {
    std::uint64_t n = 0;
    std::int64_t dts_ms = 0;
    bool whole = false;  ///< every byte is what the writer wrote

    friend bool operator==(const SeenTag&, const SeenTag&) = default;
};

/// Takes the whole tags off the front of `bytes`.
inline std::vector<SeenTag> take_tags(std::vector<std::uint8_t>& bytes)
{
    std::vector<SeenTag> tags;
    std::span<const std::uint8_t> left = bytes;
    while (left.size() >= flv::kTagHeaderSize) {
        const auto header = flv::parse_tag_header(left);
        if (!header || header->size < 8) {
            tags.push_back({});
            left = {};
            break;
        }
        const auto size = flv::kTagHeaderSize + header->size + flv::kPreviousTagSize;
        if (left.size() < size) break;
        SeenTag tag{.dts_ms = header->timestamp_ms};
        std::memcpy(&tag.n, left.data() + flv::kTagHeaderSize, sizeof(tag.n));
        const auto wanted = tag_bytes(tag.n, tag.dts_ms, header->size);
        tag.whole = std::equal(wanted.begin(), wanted.end(), left.begin());
        tags.push_back(tag);
        left = left.subspan(size);
    }
    bytes.erase(bytes.begin(), bytes.end() - static_cast<std::ptrdiff_t>(left.size()));
    return tags;
}

/// A viewer that copies what the reader gives, as a connection would.
class Viewer {
public:
    Viewer(Zone zone, StreamRecord& stream) : reader(zone, stream) {}

    /// One look and its bytes, at most `max` of them.
    Sight step(std::uint64_t max = 1 << 20)
    {
        Stretch stretch;
        const auto sight = reader.look(max, stretch);
        if (sight != Sight::tags) return sight;
        if (reader.wants_config()) {
            config.resize(3 * kConfigBytes);
            config.resize(reader.copy_config(config));
            ++configs;
            return sight;
        }
        const auto before = bytes.size();
        for (const auto& piece : stretch.pieces)
            bytes.insert(bytes.end(), piece.begin(), piece.end());
        if (reader.settle(stretch, stretch.size)) return sight;
        bytes.resize(before);
        return Sight::overrun;
    }

    /// All there is now; what ended it.
    Sight drain(std::uint64_t max = 1 << 20)
    {
        auto sight = step(max);
        while (sight == Sight::tags) sight = step(max);
        return sight;
    }

    std::vector<SeenTag> tags() { return take_tags(bytes); }

    Reader reader;
    std::vector<std::uint8_t> bytes, config;
    int configs = 0;
};

/// The numbers of these tags; a torn one counts as -1.
inline std::vector<std::int64_t> numbers(const std::vector<SeenTag>& tags)
{
    std::vector<std::int64_t> out;
    out.reserve(tags.size());
    for (const auto& tag : tags) out.push_back(tag.whole ? static_cast<std::int64_t>(tag.n) : -1);
    return out;
}

}  // namespace sluice::hub::test
