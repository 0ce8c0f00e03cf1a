#include "relay.hpp"

#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "url_secrets.hpp"
#include "video_encoder.hpp"

namespace sluice::control::ffmpeg {
namespace {

/// A target that takes nothing for so long is gone.
constexpr auto kGoneAfter = "10000000";

/// FFmpeg can't say "only where needed": which codec comes in is known when it runs.
Arguments coding(const nlohmann::json& relay, const Context& context)
{
    if (relay.at("hevc") != "transcode" || context.encoders.h264.empty()) return {"-c", "copy"};
    Arguments out{"-vf", last_filter(context.encoders.h264)};
    append(out, video_encoder({.encoder = context.encoders.h264}));
    append(out, {"-c:a", "copy"});
    return out;
}

channel::Hook relay(const nlohmann::json& wanted, std::size_t number, const Context& context)
{
    const auto url = wanted.at("url").get<std::string>();
    channel::Hook hook{.name = "relay-" + std::to_string(number), .progress = true};
    hook.feed =
        wanted.at("source") == "programme" ? channel::Feed::programme : channel::Feed::input;
    hook.copies = wanted.at("hevc") != "transcode";
    hook.argv = program(context);
    if (wanted.at("hevc") == "transcode") {
        append(hook.argv, device_arguments(context.encoders.h264));
    }
    append(hook.argv, fed_input(Times::begun, 1));
    append(hook.argv, both_tracks());
    append(hook.argv, coding(wanted, context));
    append(hook.argv, {"-flush_packets", "1", "-rw_timeout", kGoneAfter, "-rtmp_live", "live"});
    append(hook.argv, {"-flvflags", "no_duration_filesize", "-f", "flv", url});
    hook.secrets = secrets_of(url);
    return hook;
}

}  // namespace

std::vector<channel::Hook> relays(const nlohmann::json& channel, const Context& context)
{
    std::vector<channel::Hook> all;
    std::size_t number = 0;
    for (const auto& one : channel.at("relays")) {
        ++number;
        if (one.at("enabled").get<bool>()) all.push_back(relay(one, number, context));
    }
    return all;
}

}  // namespace sluice::control::ffmpeg
