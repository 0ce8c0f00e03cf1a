#include "synthetic_stream.hpp"

#include <algorithm>
#include <array>

#include "amf0.hpp"
#include "stamp.hpp"

namespace sluice::bench {
namespace {

constexpr std::uint32_t kSampleRate = 44'100;
constexpr std::uint32_t kSamplesPerFrame = 1024;
constexpr std::uint32_t kKeyFrameWeight = 6;
constexpr std::size_t kNalAt = 9;
constexpr std::array<std::uint32_t, 5> kSizePercent{80, 110, 90, 120, 100};

constexpr std::uint8_t kVideoConfig[] = {
    0x17, 0x00, 0x00, 0x00, 0x00, 0x01, 0x64, 0x00, 0x1f, 0xff, 0xe1, 0x00, 0x18,
    0x67, 0x64, 0x00, 0x1f, 0xac, 0xb2, 0x00, 0xa0, 0x0b, 0x76, 0x02, 0x20, 0x00,
    0x00, 0x03, 0x00, 0x20, 0x00, 0x00, 0x07, 0x81, 0xe3, 0x06, 0x49, 0x01, 0x00,
    0x06, 0x68, 0xeb, 0xc3, 0xcb, 0x22, 0xc0, 0xfd, 0xf8, 0xf8, 0x00};
constexpr std::uint8_t kAudioConfig[] = {0xaf, 0x00, 0x12, 0x10};

/// A message body of `bytes` whose filler is the same in every run and holds no zero.
Bytes filled(std::size_t bytes)
{
    Bytes body(std::max(bytes, kStampPrefixBytes));
    std::uint32_t state = 1;
    for (auto& byte : body) {
        state = state * 1'664'525 + 1'013'904'223;
        byte = static_cast<std::uint8_t>(state >> 24 | 1);
    }
    return body;
}

/// The header of an I slice of the whole picture as kVideoConfig's parameter sets want it (ISO/IEC
/// 14496-10, 7.3.3): decoders take the picture for one and conceal what its data lacks.
std::array<std::uint8_t, 3> slice_header(std::uint32_t frame_of_gop)
{
    if (frame_of_gop == 0) return {0x88, 0x84, 0xaf};
    const auto frame_num = frame_of_gop % 16;
    return {0x88, static_cast<std::uint8_t>(0x82 | frame_num << 3), 0xbf};
}

Bytes make_metadata(const StreamShape& shape)
{
    Bytes out;
    amf0::append_string(out, "onMetaData");
    amf0::begin_object(out);
    amf0::append_key_number(out, "width", 1280);
    amf0::append_key_number(out, "height", 720);
    amf0::append_key_number(out, "framerate", shape.fps);
    amf0::append_key_number(out, "videocodecid", 7);
    amf0::append_key_number(out, "videodatarate", shape.video_bits_per_second / 1000.0);
    if (shape.audio_bits_per_second > 0) amf0::append_key_number(out, "audiocodecid", 10);
    amf0::end_object(out);
    return out;
}

}  // namespace

SyntheticStream::SyntheticStream(const StreamShape& shape, std::int64_t start_us)
    : shape_(shape), start_us_(start_us), metadata_(make_metadata(shape))
{
    const auto frames = shape.fps * shape.gop_seconds;
    frame_bytes_ =
        shape.video_bits_per_second / 8 * shape.gop_seconds / (frames - 1 + kKeyFrameWeight);
    video_ = filled(frame_bytes_ * kKeyFrameWeight);
    audio_ = filled(shape.audio_bits_per_second / 8 * kSamplesPerFrame / kSampleRate);
}

View SyntheticStream::video_config()
{
    return kVideoConfig;
}

View SyntheticStream::audio_config()
{
    return kAudioConfig;
}

std::int64_t SyntheticStream::video_due_us() const
{
    return start_us_ + std::int64_t{video_frames_} * 1'000'000 / shape_.fps;
}

std::int64_t SyntheticStream::audio_due_us() const
{
    return start_us_ + std::int64_t{audio_frames_} * kSamplesPerFrame * 1'000'000 / kSampleRate;
}

std::int64_t SyntheticStream::due_us() const
{
    return has_audio() ? std::min(video_due_us(), audio_due_us()) : video_due_us();
}

Message SyntheticStream::next(std::int64_t now_us)
{
    const bool audio = has_audio() && audio_due_us() < video_due_us();
    return audio ? next_audio(now_us) : next_video(now_us);
}

std::size_t SyntheticStream::video_bytes() const
{
    if (video_frames_ % (shape_.fps * shape_.gop_seconds) == 0) return video_.size();
    const auto bytes = frame_bytes_ * kSizePercent[video_frames_ % kSizePercent.size()] / 100;
    return std::clamp(bytes, kStampPrefixBytes, video_.size());
}

Message SyntheticStream::next_video(std::int64_t now_us)
{
    const auto size = video_bytes();
    const bool key = video_frames_ % (shape_.fps * shape_.gop_seconds) == 0;
    const auto nal = static_cast<std::uint32_t>(size - kNalAt);
    const auto slice = slice_header(video_frames_ % (shape_.fps * shape_.gop_seconds));
    const std::uint8_t head[] = {static_cast<std::uint8_t>(key ? 0x17 : 0x27),
                                 1,
                                 0,
                                 0,
                                 0,
                                 static_cast<std::uint8_t>(nal >> 24),
                                 static_cast<std::uint8_t>(nal >> 16),
                                 static_cast<std::uint8_t>(nal >> 8),
                                 static_cast<std::uint8_t>(nal),
                                 static_cast<std::uint8_t>(key ? 0x65 : 0x41),
                                 slice[0],
                                 slice[1],
                                 slice[2]};
    static_assert(sizeof(head) == kVideoStampAt);
    std::copy(std::begin(head), std::end(head), video_.begin());
    write_stamp(video_.data() + kVideoStampAt, {now_us, video_frames_});

    const auto timestamp = static_cast<std::uint32_t>((video_due_us() - start_us_) / 1000);
    ++video_frames_;
    return {MediaType::video, timestamp, View(video_).first(size), key};
}

Message SyntheticStream::next_audio(std::int64_t now_us)
{
    audio_[0] = 0xaf;
    audio_[1] = 1;
    write_stamp(audio_.data() + kAudioStampAt, {now_us, audio_frames_});

    const auto timestamp = static_cast<std::uint32_t>((audio_due_us() - start_us_) / 1000);
    ++audio_frames_;
    return {MediaType::audio, timestamp, audio_, false};
}

}  // namespace sluice::bench
