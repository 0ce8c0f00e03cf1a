#pragma once

#include <cstdint>
#include <span>

#include "core/flv/audio_message.hpp"

namespace sluice::codec {

/// How many samples of its track's timescale a frame decodes to: AAC 1024, MP3 1152 or, below
/// 32 kHz, 576 (ISO/IEC 13818-3), Opus what its first byte says (RFC 6716, 3.1) at 48 kHz. 0 when
/// it can't be told.
std::uint32_t frame_samples(flv::AudioCodec codec, std::uint32_t rate,
                            std::span<const std::uint8_t> frame);

}  // namespace sluice::codec
