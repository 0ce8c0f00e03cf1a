#pragma once

#include <cstdint>

#include "flv_format.hpp"

namespace sluice::bench {

struct StreamShape {
    std::uint32_t video_bits_per_second = 2'000'000;
    std::uint32_t fps = 30;
    std::uint32_t gop_seconds = 2;
    std::uint32_t audio_bits_per_second = 128'000;  ///< 0: no audio
};

struct Message {
    MediaType type{};
    std::uint32_t timestamp_ms = 0;
    View body;  ///< valid until the stream makes its next message
    bool key_frame = false;
};

/// An encoder's rhythm without an encoder: AVC and AAC messages of realistic size (a key frame is
/// six times the others, which vary by 20 %) in real time, each stamped. The configurations are
/// real ones (1280x720 High, AAC-LC 44.1 kHz stereo), the slice headers too; the pictures are
/// noise.
class SyntheticStream {
public:
    /// The first video frame is due at `start_us` of the monotonic clock.
    SyntheticStream(const StreamShape& shape, std::int64_t start_us);

    /// When the next message is due.
    std::int64_t due_us() const;

    /// The next message, stamped with `now_us`.
    Message next(std::int64_t now_us);

    /// onMetaData as an AMF0 script body without @setDataFrame.
    const Bytes& metadata() const { return metadata_; }
    static View video_config();
    static View audio_config();
    bool has_audio() const { return shape_.audio_bits_per_second > 0; }

private:
    std::int64_t video_due_us() const;
    std::int64_t audio_due_us() const;
    std::size_t video_bytes() const;
    Message next_video(std::int64_t now_us);
    Message next_audio(std::int64_t now_us);

    StreamShape shape_;
    std::int64_t start_us_;
    std::uint32_t video_frames_ = 0;
    std::uint32_t audio_frames_ = 0;
    std::size_t frame_bytes_;
    Bytes metadata_;
    Bytes video_;
    Bytes audio_;
};

}  // namespace sluice::bench
