#include "muxer.hpp"

#include <algorithm>
#include <array>

#include "core/codec/aac.hpp"
#include "core/codec/nal_units.hpp"
#include "pes.hpp"

namespace sluice::mpegts {
namespace {

// Players subtract the PCR from presentation times: a buffer of that much, as other muxers give.
constexpr std::int64_t kDelay = 63'000;  // 0.7 s of 90 kHz
constexpr std::uint32_t kClock = 90'000;

constexpr std::array<std::uint8_t, 4> kStartCode{0, 0, 0, 1};
constexpr std::array<std::uint8_t, 6> kAvcDelimiter{0, 0, 0, 1, 0x09, 0xf0};
constexpr std::array<std::uint8_t, 7> kHevcDelimiter{0, 0, 0, 1, 0x46, 0x01, 0x50};
constexpr std::uint8_t kAvcDelimiterType = 9;
constexpr std::uint8_t kHevcDelimiterType = 35;

constexpr std::size_t kAdtsBytes = 7;
constexpr std::size_t kLongestAdtsFrame = 0x1fff;
constexpr std::array<std::uint32_t, 13> kAdtsRates{96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                                   22050, 16000, 12000, 11025, 8000,  7350};
constexpr std::uint32_t kSlowestMpeg1Rate = 32000;

bool is_delimiter(codec::NalUnit unit, bool hevc)
{
    return hevc ? (unit[0] >> 1 & 0x3f) == kHevcDelimiterType
                : (unit[0] & 0x1f) == kAvcDelimiterType;
}

void append(std::vector<std::uint8_t>& out, std::span<const std::uint8_t> bytes)
{
    out.insert(out.end(), bytes.begin(), bytes.end());
}

/// ADTS counts eight channels as configuration 7 (ISO/IEC 14496-3, table 1.19); 0: it has none.
std::uint8_t channel_configuration(std::uint8_t channels)
{
    if (channels == 8) return 7;
    return channels <= 6 ? channels : 0;
}

tl::unexpected<Error> unsupported(std::string_view what)
{
    return tl::unexpected(Error{Errc::unsupported, what});
}

}  // namespace

Result<Muxer> Muxer::make(const media::Track* video, const media::Track* audio)
{
    Muxer muxer;
    if (video != nullptr) {
        if (auto done = muxer.take_video(*video); !done) return tl::unexpected(done.error());
    }
    if (audio != nullptr) {
        if (auto done = muxer.take_audio(*audio); !done) return tl::unexpected(done.error());
    }
    return muxer;
}

Result<void> Muxer::take_video(const media::Track& track)
{
    const bool hevc = track.video == flv::VideoCodec::hevc;
    if (!hevc && track.video != flv::VideoCodec::avc) return unsupported("video codec in MPEG-TS");
    const auto sets =
        hevc ? codec::hevc_parameter_sets(track.config) : codec::avc_parameter_sets(track.config);
    if (!sets) return tl::unexpected(sets.error());
    video_ = Video{.hevc = hevc, .nal_length_size = sets->nal_length_size, .parameter_sets = {}};
    for (const auto& unit : sets->units) {
        append(video_->parameter_sets, kStartCode);
        append(video_->parameter_sets, unit);
    }
    streams_.push_back({hevc ? StreamType::hevc : StreamType::avc, kVideoPid});
    return {};
}

Result<void> Muxer::take_audio(const media::Track& track)
{
    if (track.audio == flv::AudioCodec::mp3) {
        audio_ = Audio{.timescale = track.timescale};
        const bool mpeg1 = track.timescale >= kSlowestMpeg1Rate;
        streams_.push_back({mpeg1 ? StreamType::mpeg1_audio : StreamType::mpeg2_audio, kAudioPid});
        return {};
    }
    if (track.audio != flv::AudioCodec::aac) return unsupported("audio codec in MPEG-TS");
    const auto config = codec::parse_aac_config(track.config);
    if (!config) return tl::unexpected(config.error());
    const auto rate = std::ranges::find(kAdtsRates, config->sample_rate);
    const auto channels = channel_configuration(config->channels);
    const bool fits = config->object_type >= 1 && config->object_type <= 4;
    if (!fits || rate == kAdtsRates.end() || channels == 0) return unsupported("AAC in ADTS");
    audio_ = Audio{.timescale = track.timescale,
                   .adts = true,
                   .object_type = config->object_type,
                   .rate_index = static_cast<std::uint8_t>(rate - kAdtsRates.begin()),
                   .channels = channels};
    streams_.push_back({StreamType::aac_adts, kAudioPid});
    return {};
}

void Muxer::append_tables(std::vector<std::uint8_t>& out)
{
    const auto association = association_section();
    const auto map = map_section(video_ ? kVideoPid : kAudioPid, streams_);
    tables_[0].append({}, std::array{std::span<const std::uint8_t>(association)}, out);
    tables_[1].append({}, std::array{std::span<const std::uint8_t>(map)}, out);
}

/// Into pieces_, behind the place of the head: delimiter, parameter sets before a key frame, then
/// all NAL units.
bool Muxer::find_pieces(const media::AccessUnit& unit)
{
    pieces_.assign(1, {});
    if (video_->hevc) {
        pieces_.emplace_back(kHevcDelimiter);
    } else {
        pieces_.emplace_back(kAvcDelimiter);
    }
    if (unit.key) pieces_.emplace_back(video_->parameter_sets);
    codec::NalUnits units(unit.data, video_->nal_length_size);
    while (const auto nal = units.next()) {
        if (is_delimiter(*nal, video_->hevc)) continue;
        pieces_.emplace_back(kStartCode);
        pieces_.push_back(*nal);
    }
    return !units.broken();
}

/// FLV may say that a picture is shown before it is decoded; here it may not (ISO/IEC 13818-1,
/// 2.4.3.7). A picture that is shown late although the key frame was shown at once tells that such
/// ones follow: from then on all are decoded sooner.
std::int64_t Muxer::decode_time(const media::AccessUnit& unit)
{
    const std::int64_t composition = unit.composition;
    if (unit.key) key_shown_at_once_ = composition <= 0;
    if (key_shown_at_once_) lead_ = std::max(lead_, composition);
    lead_ = std::min(std::max(lead_, -composition), kDelay);
    const auto dts = std::max(unit.dts + kDelay - lead_, last_dts_ + 1);
    last_dts_ = std::min(dts, unit.dts + kDelay + composition);
    return last_dts_;
}

Result<void> Muxer::append_video(const media::AccessUnit& unit, std::vector<std::uint8_t>& out)
{
    if (!find_pieces(unit)) return tl::unexpected(Error{Errc::malformed, "NAL unit length"});
    const auto dts = static_cast<std::uint64_t>(decode_time(unit));
    const auto pts = static_cast<std::uint64_t>(unit.dts + unit.composition + kDelay);
    const PesHead head(kVideoStreamId, pts, dts, 0);  // says no length
    pieces_.front() = head.bytes();
    video_packets_.append({.pcr = static_cast<std::uint64_t>(unit.dts), .random_access = unit.key},
                          pieces_, out);
    return {};
}

void Muxer::adts_header(std::size_t frame_bytes)
{
    const auto size = kAdtsBytes + frame_bytes;
    const auto& a = *audio_;
    const std::array<std::uint8_t, kAdtsBytes> header{
        0xff,
        0xf1,  // MPEG-4, no checksum
        static_cast<std::uint8_t>((a.object_type - 1) << 6 | a.rate_index << 2 | a.channels >> 2),
        static_cast<std::uint8_t>((a.channels & 3) << 6 | size >> 11),
        static_cast<std::uint8_t>(size >> 3),
        static_cast<std::uint8_t>((size & 7) << 5 | 0x1f),
        0xfc,  // buffer fullness: variable rate; one block
    };
    append(payload_, header);
}

Result<void> Muxer::append_audio(std::span<const media::AccessUnit> units,
                                 std::vector<std::uint8_t>& out)
{
    if (units.empty()) return {};
    payload_.clear();
    for (const auto& unit : units) {
        if (audio_->adts) {
            if (unit.data.size() > kLongestAdtsFrame - kAdtsBytes) {
                return tl::unexpected(Error{Errc::limit, "AAC frame"});
            }
            adts_header(unit.data.size());
        }
        append(payload_, unit.data);
    }
    const auto time = static_cast<std::uint64_t>(units.front().dts) * kClock / audio_->timescale;
    const auto shown = time + static_cast<std::uint64_t>(kDelay);
    const PesHead head(kAudioStreamId, shown, shown, payload_.size());
    PacketWriter::Start start;
    if (!video_) start = {.pcr = time, .random_access = true};
    audio_packets_.append(
        start, std::array<std::span<const std::uint8_t>, 2>{head.bytes(), payload_}, out);
    return {};
}

}  // namespace sluice::mpegts
