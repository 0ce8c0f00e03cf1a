#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "packets.hpp"
#include "tables.hpp"

namespace sluice::mpegts {

/// For tests: what a receiver makes of packets. Whatever a strict one would complain of is noted in
/// `broken`.
struct TransportStream {
    struct Unit {
        std::vector<std::uint8_t> bytes;
        std::optional<std::uint64_t> pcr;
        bool random_access = false;
        bool discontinuity = false;
    };

    std::map<std::uint16_t, std::vector<Unit>> units;  ///< by PID
    std::string broken;

    explicit TransportStream(std::span<const std::uint8_t> in)
    {
        if (in.size() % kPacketBytes != 0) broken = "size";
        for (; in.size() >= kPacketBytes; in = in.subspan(kPacketBytes)) {
            packet(in.first(kPacketBytes));
        }
    }

    /// The time at `at` of a PES head, 33 bits.
    static std::uint64_t time(std::span<const std::uint8_t> pes, std::size_t at)
    {
        return static_cast<std::uint64_t>(pes[at] >> 1 & 7) << 30 |
               static_cast<std::uint64_t>(pes[at + 1]) << 22 |
               static_cast<std::uint64_t>(pes[at + 2] >> 1) << 15 |
               static_cast<std::uint64_t>(pes[at + 3]) << 7 | pes[at + 4] >> 1;
    }

    static std::vector<std::uint8_t> payload(const Unit& unit)
    {
        const auto head = 9 + unit.bytes.at(8);
        return {unit.bytes.begin() + head, unit.bytes.end()};
    }

private:
    std::map<std::uint16_t, int> counters_;

    void packet(std::span<const std::uint8_t> in)
    {
        if (in[0] != 0x47) broken = "sync byte";
        const auto pid = static_cast<std::uint16_t>((in[1] & 0x1f) << 8 | in[2]);
        const int counter = in[3] & 0x0f;
        const auto last = counters_.find(pid);
        if (last != counters_.end() && ((last->second + 1) & 0x0f) != counter) broken = "counter";
        counters_[pid] = counter;
        auto& list = units[pid];
        if ((in[1] & 0x40) != 0) list.emplace_back();
        if (list.empty()) {
            broken = "no start";
            return;
        }
        std::size_t at = 4;
        if ((in[3] & 0x20) != 0) at += field(in.subspan(4), list.back());
        list.back().bytes.insert(list.back().bytes.end(),
                                 in.begin() + static_cast<std::ptrdiff_t>(at), in.end());
    }

    std::size_t field(std::span<const std::uint8_t> in, Unit& unit)
    {
        const std::size_t size = in[0];
        if (size > 182) broken = "adaptation field";
        if (size == 0) return 1;
        if ((in[1] & 0x80) != 0) unit.discontinuity = true;
        if ((in[1] & 0x40) != 0) unit.random_access = true;
        if ((in[1] & 0x10) != 0) {
            unit.pcr = static_cast<std::uint64_t>(in[2]) << 25 |
                       static_cast<std::uint64_t>(in[3]) << 17 |
                       static_cast<std::uint64_t>(in[4]) << 9 |
                       static_cast<std::uint64_t>(in[5]) << 1 | in[6] >> 7;
        }
        return size + 1;
    }
};

}  // namespace sluice::mpegts
