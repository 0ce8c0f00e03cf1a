#include "core/codec/aac.hpp"

#include <array>

#include "core/base/bit_reader.hpp"

namespace sluice::codec {
namespace {

// ISO/IEC 14496-3, table 1.17, audio object types.
constexpr std::uint32_t kMain = 1;
constexpr std::uint32_t kLc = 2;
constexpr std::uint32_t kSsr = 3;
constexpr std::uint32_t kLtp = 4;
constexpr std::uint32_t kSbr = 5;
constexpr std::uint32_t kScalable = 6;
constexpr std::uint32_t kTwinVq = 7;
constexpr std::uint32_t kErBsac = 22;
constexpr std::uint32_t kErLd = 23;
constexpr std::uint32_t kPs = 29;
constexpr std::uint32_t kEscape = 31;
constexpr std::uint32_t kEld = 39;

constexpr std::uint32_t kSyncSbr = 0x2b7;
constexpr std::uint32_t kSyncPs = 0x548;
constexpr std::uint32_t kRateEscape = 15;

tl::unexpected<Error> fail(const BitReader& r, Errc code, std::string_view where)
{
    return tl::unexpected(Error{r.ok() ? code : Errc::truncated, where, r.offset()});
}

std::uint32_t read_object_type(BitReader& r)
{
    const auto type = r.u(5);
    return type == kEscape ? 32 + r.u(6) : type;
}

/// 0 for a reserved index.
std::uint32_t read_rate(BitReader& r)
{
    constexpr std::array<std::uint32_t, 13> rates{96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                                  22050, 16000, 12000, 11025, 8000,  7350};
    const auto index = r.u(4);
    if (index == kRateEscape) return r.u(24);
    return index < rates.size() ? rates[index] : 0;
}

/// Table 1.19; 0 for the ones that are reserved or left to a program config element.
std::uint8_t channels_of(std::uint32_t configuration)
{
    constexpr std::array<std::uint8_t, 16> channels{0, 1, 2, 3, 4, 5,  6, 8,
                                                    0, 0, 0, 7, 8, 24, 8, 0};
    return channels[configuration];
}

/// program_config_element (4.4.1.1) for its number of channels.
std::uint8_t read_program_channels(BitReader& r)
{
    r.skip(4 + 2 + 4);
    const auto front = r.u(4);
    const auto side = r.u(4);
    const auto back = r.u(4);
    const auto low = r.u(2);
    const auto data = r.u(3);
    const auto coupling = r.u(4);
    if (r.flag()) r.skip(4);
    if (r.flag()) r.skip(4);
    if (r.flag()) r.skip(3);
    std::uint32_t channels = low;
    for (auto left = front + side + back; left > 0; --left) {
        channels += r.flag() ? 2 : 1;
        r.skip(4);
    }
    r.skip(low * 4 + data * 4 + coupling * 5);
    r.align();
    r.skip(r.u(8) * std::size_t{8});
    return static_cast<std::uint8_t>(channels);
}

/// The object types whose specific configuration is GASpecificConfig (4.4.1).
bool is_general_audio(std::uint32_t type)
{
    return (type >= kMain && type <= kLtp) || type == kScalable || type == kTwinVq ||
           (type >= 17 && type <= kErLd && type != 18);
}

void read_general_audio(BitReader& r, std::uint32_t type, std::uint32_t channel_configuration,
                        AacConfig& config)
{
    r.skip(1);                 // frameLengthFlag
    if (r.flag()) r.skip(14);  // coreCoderDelay
    const bool extension = r.flag();
    if (channel_configuration == 0) config.channels = read_program_channels(r);
    if (type == kScalable || type == 20) r.skip(3);
    if (!extension) return;
    if (type == kErBsac) r.skip(5 + 11);
    if (type == 17 || type == 19 || type == 20 || type == kErLd) r.skip(3);
    r.skip(1);  // extensionFlag3
}

/// The backward compatible extension that follows the core configuration; decoders that don't know
/// it stop before.
void read_sync_extension(BitReader& r, AacConfig& config)
{
    if (r.bits_left() < 16 || r.u(11) != kSyncSbr || read_object_type(r) != kSbr) return;
    config.sbr = r.flag();
    if (!config.sbr) return;
    config.output_rate = read_rate(r);
    if (r.bits_left() >= 12 && r.u(11) == kSyncPs) config.ps = r.flag();
}

}  // namespace

Result<AacConfig> parse_aac_config(std::span<const std::uint8_t> in)
{
    BitReader r(in);
    AacConfig config;
    auto type = read_object_type(r);
    config.sample_rate = read_rate(r);
    config.output_rate = config.sample_rate;
    const auto channel_configuration = r.u(4);
    config.channels = channels_of(channel_configuration);
    if (type == kSbr || type == kPs) {
        config.sbr = true;
        config.ps = type == kPs;
        config.output_rate = read_rate(r);
        type = read_object_type(r);
        if (type == kErBsac) r.skip(4);
    }
    config.object_type = static_cast<std::uint8_t>(type);
    if (!r.ok()) return fail(r, Errc::truncated, "aac configuration");
    if (type == 0) return fail(r, Errc::malformed, "aac object type");

    if (is_general_audio(type)) {
        read_general_audio(r, type, channel_configuration, config);
        if (!r.ok()) return fail(r, Errc::truncated, "aac general audio configuration");
        if (config.channels == 0) return fail(r, Errc::malformed, "aac channels");
        if (!config.sbr) read_sync_extension(r, config);
    }
    if (config.sample_rate == 0 || config.output_rate == 0) {
        return fail(r, Errc::malformed, "aac sample rate");
    }
    config.output_channels = config.ps && config.channels == 1 ? 2 : config.channels;
    return config;
}

std::string_view aac_profile_name(const AacConfig& config)
{
    if (config.ps) return "HE-AACv2";
    if (config.sbr) return "HE-AAC";
    switch (config.object_type) {
        case kMain:
            return "Main";
        case kLc:
            return "LC";
        case kSsr:
            return "SSR";
        case kLtp:
            return "LTP";
        case kErLd:
            return "LD";
        case kEld:
            return "ELD";
        default:
            return {};
    }
}

std::string aac_codec_string(const AacConfig& config)
{
    const std::uint32_t type = config.ps ? kPs : config.sbr ? kSbr : config.object_type;
    return "mp4a.40." + std::to_string(type);
}

}  // namespace sluice::codec
