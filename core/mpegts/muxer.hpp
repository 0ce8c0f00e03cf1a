#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/media/access_unit.hpp"
#include "core/media/track.hpp"
#include "packets.hpp"
#include "tables.hpp"

namespace sluice::mpegts {

/// Makes a transport stream of one programme (ISO/IEC 13818-1) of at most one video and one audio
/// track, for HLS: every segment begins with the tables, every picture has a PCR of its own.
/// Continuity counters go on from segment to segment.
class Muxer {
public:
    /// Either may be null. Errc::unsupported for codecs a transport stream does not carry here:
    /// it takes H.264 and HEVC, AAC and MP3; malformed or truncated for a bad configuration.
    static Result<Muxer> make(const media::Track* video, const media::Track* audio);

    /// The tables, before anything else of a segment.
    void append_tables(std::vector<std::uint8_t>& out);

    /// A picture as one PES packet, its NAL units behind start codes, parameter sets before each
    /// key frame. Errc::malformed: the lengths in it don't add up, nothing was appended.
    Result<void> append_video(const media::AccessUnit& unit, std::vector<std::uint8_t>& out);

    /// Frames of audio that follow each other as one PES packet. Errc::limit: one is too long for
    /// an ADTS header, nothing was appended.
    Result<void> append_audio(std::span<const media::AccessUnit> units,
                              std::vector<std::uint8_t>& out);

private:
    /// What the head of every picture consists of.
    struct Video {
        bool hevc = false;
        std::uint8_t nal_length_size = 4;
        std::vector<std::uint8_t> parameter_sets;  ///< behind start codes
    };

    struct Audio {
        std::uint32_t timescale = 0;
        bool adts = false;
        std::uint8_t object_type = 0;
        std::uint8_t rate_index = 0;
        std::uint8_t channels = 0;
    };

    Muxer() : tables_{PacketWriter(kPatPid), PacketWriter(kPmtPid)} {}

    Result<void> take_video(const media::Track& track);
    Result<void> take_audio(const media::Track& track);
    bool find_pieces(const media::AccessUnit& unit);
    std::int64_t decode_time(const media::AccessUnit& unit);
    void adts_header(std::size_t frame_bytes);

    PacketWriter tables_[2];
    PacketWriter video_packets_{kVideoPid};
    PacketWriter audio_packets_{kAudioPid};
    std::optional<Video> video_;
    std::optional<Audio> audio_;
    std::vector<ElementaryStream> streams_;
    std::vector<std::span<const std::uint8_t>> pieces_;  ///< of the picture that is being written
    std::vector<std::uint8_t> payload_;  ///< of the PES packet of audio that is being made
    bool key_shown_at_once_ = false;
    std::int64_t lead_ = 0;       ///< how much sooner than they came pictures are decoded
    std::int64_t last_dts_ = -1;  ///< as it was written, which is never below 0

    static constexpr std::uint16_t kVideoPid = 0x100;
    static constexpr std::uint16_t kAudioPid = 0x101;
};

}  // namespace sluice::mpegts
