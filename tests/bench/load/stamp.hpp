#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "flv_format.hpp"

namespace sluice::bench {

/// What the source writes into each audio and video message. The sequence counts the messages of
/// that type in the stream, so that a viewer sees what was left out.
struct Stamp {
    std::int64_t sent_us = 0;
    std::uint32_t sequence = 0;
};

inline constexpr std::size_t kStampBytes = 16;

/// Where the stamp begins in a message's body: behind the AVC header, the NAL length, the NAL
/// header and the slice header, or behind the AAC header.
inline constexpr std::size_t kVideoStampAt = 13;
inline constexpr std::size_t kAudioStampAt = 2;

/// How much of a body read_stamp needs at most.
inline constexpr std::size_t kStampPrefixBytes = kVideoStampAt + kStampBytes;

/// Writes kStampBytes at `to`.
void write_stamp(std::uint8_t* to, const Stamp& stamp);

/// The stamp in the first bytes of a message's body; nothing for configurations, metadata and
/// foreign media.
std::optional<Stamp> read_stamp(MediaType type, View prefix);

/// The earliest and the latest of several.
struct StampRange {
    Stamp first;
    Stamp last;
};

/// The stamps anywhere in `bytes`, which hold frames of one track; nothing without any.
std::optional<StampRange> find_stamps(View bytes);

}  // namespace sluice::bench
