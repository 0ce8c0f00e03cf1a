#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sluice::mpegts {

/// ISO/IEC 13818-1, table 2-34.
enum class StreamType : std::uint8_t {
    mpeg1_audio = 0x03,
    mpeg2_audio = 0x04,
    aac_adts = 0x0f,
    avc = 0x1b,
    hevc = 0x24,
};

struct ElementaryStream {
    StreamType type{};
    std::uint16_t pid = 0;
};

inline constexpr std::uint16_t kPatPid = 0;
inline constexpr std::uint16_t kPmtPid = 0x1000;

/// The program association section, of the one programme (2.4.4.3), with the pointer before it.
std::vector<std::uint8_t> association_section();

/// The programme map section (2.4.4.8), with the pointer before it.
std::vector<std::uint8_t> map_section(std::uint16_t pcr_pid,
                                      std::span<const ElementaryStream> streams);

/// CRC_32 of Annex A.
std::uint32_t crc32(std::span<const std::uint8_t> data);

}  // namespace sluice::mpegts
