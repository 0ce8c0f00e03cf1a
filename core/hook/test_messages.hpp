#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/codec/test_samples.hpp"
#include "core/flv/message_writer.hpp"

/// For tests: the bodies of messages as encoders send them.
namespace sluice::hook::test {

using Body = std::vector<std::uint8_t>;

inline Body joined(const flv::FrameHead& head, const Body& data)
{
    Body body(head.bytes().begin(), head.bytes().end());
    body.insert(body.end(), data.begin(), data.end());
    return body;
}

inline Body picture_header(std::size_t sample = 1)
{
    const auto& from = codec::samples::video.at(sample);
    return flv::video_config_message(from.codec, codec::samples::bytes(from.hex));
}

inline Body sound_header(std::size_t sample = 0)
{
    const auto& from = codec::samples::audio.at(sample);
    return flv::audio_config_message(from.codec, codec::samples::bytes(from.hex));
}

inline Body picture(bool key, std::uint8_t filling, std::int32_t composition_ms = 0,
                    flv::VideoCodec codec = flv::VideoCodec::avc)
{
    return joined(flv::video_frame_head(codec, key, composition_ms), Body(40, filling));
}

/// Opus: 20 ms of CELT in stereo.
inline Body sound(std::uint8_t filling, flv::AudioCodec codec = flv::AudioCodec::aac)
{
    Body data(20, filling);
    if (codec == flv::AudioCodec::opus) data[0] = 0xfc;
    return joined(flv::audio_frame_head(codec), data);
}

}  // namespace sluice::hook::test
