#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/result.hpp"

namespace sluice::flv {

enum class TagType : std::uint8_t { audio = 8, video = 9, script = 18 };

/// The 11 bytes before a tag's body (Adobe FLV 10.1, E.4.1).
struct TagHeader {
    TagType type{};
    std::uint32_t size = 0;  ///< body bytes, at most kMaxTagSize
    std::uint32_t timestamp_ms = 0;

    friend bool operator==(const TagHeader&, const TagHeader&) = default;
};

inline constexpr std::size_t kTagHeaderSize = 11;
inline constexpr std::size_t kPreviousTagSize = 4;
inline constexpr std::uint32_t kMaxTagSize = 0xffffff;

/// Writes all 11 bytes. `header.size` must not exceed kMaxTagSize: only 24 bits of it are written.
void write_tag_header(std::span<std::uint8_t, kTagHeaderSize> out, const TagHeader& header);

/// Reads the 11 bytes at the start of `in`. Errc::truncated, malformed (no such tag type),
/// unsupported (encrypted tag).
Result<TagHeader> parse_tag_header(std::span<const std::uint8_t> in);

/// The FLV file header and the first, zero PreviousTagSize (E.2, E.3).
std::array<std::uint8_t, 13> file_header(bool audio, bool video);

}  // namespace sluice::flv
