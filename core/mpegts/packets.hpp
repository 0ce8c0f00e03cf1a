#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sluice::mpegts {

inline constexpr std::size_t kPacketBytes = 188;

/// Cuts what belongs to one PID into packets (ISO/IEC 13818-1, 2.4.3) and counts them. The first
/// says that what came before it was counted by somebody else.
class PacketWriter {
public:
    explicit PacketWriter(std::uint16_t pid) : pid_(pid) {}

    std::uint16_t pid() const { return pid_; }

    /// What the adaptation field of the first packet says.
    struct Start {
        std::optional<std::uint64_t> pcr;  ///< 90 kHz, the low 33 bits count
        bool random_access = false;
        bool discontinuity = false;  ///< set by the writer
    };

    /// What a payload unit is made of, laid end to end.
    using Pieces = std::span<const std::span<const std::uint8_t>>;

    /// Appends the pieces together as one payload unit, the last packet filled up.
    void append(Start says, Pieces pieces, std::vector<std::uint8_t>& out);

private:
    std::uint16_t pid_;
    std::uint8_t counter_ = 0;
    bool begun_ = false;
};

}  // namespace sluice::mpegts
