#pragma once

#include <cstdint>
#include <span>

#include "core/base/result.hpp"
#include "core/media/track.hpp"

namespace sluice::fmp4 {

/// Reads the content of `stsd`: its first sample entry, with the configuration as FLV carries it
/// (an OpusHead for dOps; nothing for MP3). Its timescale is left open. Errc::unsupported for other
/// codecs; truncated or malformed for a configuration that can't be one.
Result<media::Track> read_sample_entry(media::Kind kind, std::span<const std::uint8_t> stsd);

}  // namespace sluice::fmp4
