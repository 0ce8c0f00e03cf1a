#include "transcode.hpp"

#include <nlohmann/json.hpp>
#include <set>

#include "arguments.hpp"
#include "task_size.hpp"
#include "video_encoder.hpp"

namespace sluice::control::ffmpeg {
namespace {

using nlohmann::json;

/// A rate that a group of pictures is counted with where the channel states none.
constexpr std::uint32_t kUsualFps = 30;

struct Rendition {
    std::string name;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint32_t kbps = 0;
    std::string codec;
    std::string preset;
    std::optional<std::uint32_t> fps{};
    std::optional<std::uint32_t> gop_s{};
    bool copies_audio = true;
    std::uint32_t audio_kbps = 0;
};

std::optional<std::uint32_t> number_or_none(const json& value)
{
    if (value.is_null()) return std::nullopt;
    return value.get<std::uint32_t>();
}

Rendition rendition(const json& from, const std::string& codec)
{
    const auto& audio = from.at("audio");
    return {.name = from.at("name"),
            .width = from.at("width"),
            .height = from.at("height"),
            .kbps = from.at("bitrate_kbps"),
            .codec = from.at("codec").is_null() ? codec : from.at("codec").get<std::string>(),
            .preset = from.at("preset"),
            .fps = number_or_none(from.at("fps")),
            .gop_s = number_or_none(from.at("gop_s")),
            .copies_audio = audio.at("codec") == "copy",
            .audio_kbps = audio.at("bitrate_kbps")};
}

std::vector<Rendition> renditions(const json& transcode)
{
    const auto codec = transcode.at("codec").get<std::string>();
    std::vector<Rendition> all;
    for (const auto& one : transcode.at("renditions")) all.push_back(rendition(one, codec));
    return all;
}

const std::string& encoder_of(const Rendition& rendition, const Context& context)
{
    return rendition.codec == "h265" ? context.encoders.h265 : context.encoders.h264;
}

/// Leaves out frames and makes none: the others keep their times, and key frames stay.
std::string fewer_frames(std::uint32_t fps)
{
    const auto cell = [&](const std::string& time) {
        return "floor(" + time + "*" + std::to_string(fps) + ")";
    };
    return "select='key+not(eq(" + cell("t") + "," + cell("prev_t") + "))',";
}

std::string filters(const Rendition& rendition, const Context& context)
{
    const auto fewer = rendition.fps ? fewer_frames(*rendition.fps) : std::string();
    return fewer + "scale=" + std::to_string(rendition.width) + ":" +
           std::to_string(rendition.height) +
           ":force_original_aspect_ratio=decrease:force_divisible_by=2,setsar=1," +
           last_filter(encoder_of(rendition, context));
}

Arguments audio(const Rendition& rendition)
{
    if (rendition.copies_audio) return {"-c:a", "copy"};
    return {"-c:a", "aac", "-b:a", std::to_string(rendition.audio_kbps) + "k"};
}

Arguments output(const Rendition& rendition, std::size_t index, std::size_t threads,
                 const Context& context)
{
    std::optional<std::uint32_t> gop;
    if (rendition.gop_s) gop = *rendition.gop_s * rendition.fps.value_or(kUsualFps);
    auto argv = both_tracks();
    append(argv, {"-vf", filters(rendition, context)});
    append(argv, video_encoder({.encoder = encoder_of(rendition, context),
                                .preset = rendition.preset,
                                .kbps = rendition.kbps,
                                .gop = gop,
                                .threads = threads}));
    append(argv, audio(rendition));
    append(argv, fragmented(index));
    return argv;
}

/// Devices that any of them needs, each once.
Arguments devices(const std::vector<Rendition>& all, const Context& context)
{
    std::set<Arguments> wanted;
    for (const auto& one : all) wanted.insert(device_arguments(encoder_of(one, context)));
    Arguments out;
    for (const auto& one : wanted) append(out, one);
    return out;
}

}  // namespace

std::optional<channel::Hook> transcode(const json& channel, const Context& context)
{
    const auto& wanted = channel.at("transcode");
    if (!wanted.at("enabled").get<bool>()) return std::nullopt;
    auto all = renditions(wanted);
    std::erase_if(all, [&](const auto& one) { return encoder_of(one, context).empty(); });
    if (all.empty()) return std::nullopt;

    const auto size = task_size(channel, "transcode");
    channel::Hook hook{.name = "transcode", .feed = channel::Feed::programme, .progress = true};
    hook.argv = program(context);
    append(hook.argv, devices(all, context));
    append(hook.argv, {"-filter_threads", std::to_string(size.threads())});
    append(hook.argv, fed_input(Times::kept, size.threads()));
    const bool any_size = wanted.at("upscale").get<bool>();
    for (const auto& one : all) {
        const auto index = hook.outputs.size();
        hook.outputs.push_back({.name = one.name,
                                .argv = output(one, index, size.threads(), context),
                                .width = any_size ? 0 : one.width,
                                .height = any_size ? 0 : one.height});
    }
    size.bound(hook);
    return hook;
}

}  // namespace sluice::control::ffmpeg
