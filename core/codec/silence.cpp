#include "core/codec/silence.hpp"

#include "core/base/bit_reader.hpp"

namespace sluice::codec {
namespace {

// ISO/IEC 14496-3, table 4.85.
constexpr std::uint32_t kSingleChannel = 0;
constexpr std::uint32_t kChannelPair = 1;
constexpr std::uint32_t kEightShort = 2;

/// Measured with FFmpeg's encoders at 32 to 320 kbit/s: silence takes 4 bytes of AAC mono, 6 of
/// stereo, 19 of 5.1, and 3 of Opus; the quietest noise at 32 kbit/s takes 85.
constexpr std::size_t bytes_of_silence(std::uint8_t channels)
{
    return 4 + std::size_t{4} * (channels == 0 ? 2 : channels);
}

/// Whether the first element of a raw_data_block says that it codes no scale factor band
/// (max_sfb = 0, ISO/IEC 14496-3, 4.4.2.1): encoders at a constant rate pad such a frame.
bool has_no_spectrum(std::span<const std::uint8_t> frame)
{
    BitReader r(frame);
    const auto element = r.u(3);
    r.skip(4);  // element_instance_tag
    if (element == kSingleChannel) {
        r.skip(8);  // global_gain
    } else if (element != kChannelPair || !r.flag()) {
        return false;  // without a common window the second channel is too far away
    }
    r.skip(1);  // ics_reserved_bit
    const auto sequence = r.u(2);
    r.skip(1);  // window_shape
    const auto bands = r.u(sequence == kEightShort ? 4 : 6);
    return r.ok() && bands == 0;
}

}  // namespace

bool is_coded_silence(flv::AudioCodec codec, std::uint8_t channels,
                      std::span<const std::uint8_t> head, std::size_t size)
{
    if (codec != flv::AudioCodec::aac && codec != flv::AudioCodec::opus) return false;
    if (size <= bytes_of_silence(channels)) return true;
    // With more channels the first element is not all of the sound.
    return codec == flv::AudioCodec::aac && channels <= 2 && has_no_spectrum(head);
}

}  // namespace sluice::codec
