#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/flv/audio_message.hpp"

namespace sluice::codec {

/// Whether an audio frame of `size` bytes, which begins with `head`, is coded silence. Judged by
/// what encoders make of digital silence, without decoding: a frame too small to hold any sound
/// (AAC, Opus), or an AAC frame without a spectrum, whatever it is padded with. Noise below hearing
/// is sound; so is the silence of MP3, FLAC, AC-3 and of Opus at a hard constant rate, whose frames
/// all have one size. `channels`: 0 stands for unknown.
bool is_coded_silence(flv::AudioCodec codec, std::uint8_t channels,
                      std::span<const std::uint8_t> head, std::size_t size);

}  // namespace sluice::codec
