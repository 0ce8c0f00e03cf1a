#include "tables.hpp"

#include <array>

#include "core/base/byte_writer.hpp"

namespace sluice::mpegts {
namespace {

constexpr std::uint16_t kProgramme = 1;
constexpr std::uint8_t kCurrent = 0xc1;  // version 0, in force
constexpr std::uint8_t kPatTable = 0;
constexpr std::uint8_t kPmtTable = 2;
constexpr std::size_t kAfterLength = 5;  // from the id to last_section_number
constexpr std::size_t kCrcBytes = 4;

constexpr std::array<std::uint32_t, 256> make_crc_table()
{
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        auto value = i << 24;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value & 0x8000'0000) != 0 ? value << 1 ^ 0x04c1'1db7 : value << 1;
        }
        table[i] = value;
    }
    return table;
}

constexpr auto kCrcTable = make_crc_table();

/// A section with its head and checksum around `body`, behind a pointer of 0.
std::vector<std::uint8_t> section(std::uint8_t table, std::uint16_t id,
                                  std::span<const std::uint8_t> body)
{
    std::vector<std::uint8_t> out;
    ByteWriter writer(out);
    writer.u8(0);
    writer.u8(table);
    writer.u16(static_cast<std::uint16_t>(0xb000 | (kAfterLength + body.size() + kCrcBytes)));
    writer.u16(id);
    writer.u8(kCurrent);
    writer.u16(0);  // section 0 of 0
    writer.bytes(body);
    writer.u32(crc32(std::span(out).subspan(1)));
    return out;
}

}  // namespace

std::uint32_t crc32(std::span<const std::uint8_t> data)
{
    std::uint32_t crc = 0xffff'ffff;
    for (const auto byte : data) crc = crc << 8 ^ kCrcTable[crc >> 24 ^ byte];
    return crc;
}

std::vector<std::uint8_t> association_section()
{
    std::vector<std::uint8_t> body;
    ByteWriter writer(body);
    writer.u16(kProgramme);
    writer.u16(0xe000 | kPmtPid);
    constexpr std::uint16_t transport_stream_id = 1;
    return section(kPatTable, transport_stream_id, body);
}

std::vector<std::uint8_t> map_section(std::uint16_t pcr_pid,
                                      std::span<const ElementaryStream> streams)
{
    std::vector<std::uint8_t> body;
    ByteWriter writer(body);
    writer.u16(0xe000 | pcr_pid);
    writer.u16(0xf000);  // no descriptors
    for (const auto& stream : streams) {
        writer.u8(static_cast<std::uint8_t>(stream.type));
        writer.u16(0xe000 | stream.pid);
        writer.u16(0xf000);
    }
    return section(kPmtTable, kProgramme, body);
}

}  // namespace sluice::mpegts
