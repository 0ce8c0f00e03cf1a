#include "pull.hpp"

#include <nlohmann/json.hpp>
#include <string_view>

#include "arguments.hpp"
#include "url_secrets.hpp"

namespace sluice::control::ffmpeg {
namespace {

/// A source that gives nothing for so long is gone: microseconds.
constexpr auto kGoneAfter = "10000000";

bool is_one_of(std::string_view scheme, std::initializer_list<std::string_view> all)
{
    for (const auto one : all) {
        if (scheme == one) return true;
    }
    return false;
}

bool ends_with(std::string_view url, std::string_view suffix)
{
    return url.substr(0, url.find_first_of("?#")).ends_with(suffix);
}

/// Playlists and redirections name other addresses: none of them may be a file or a pipe of ours.
Arguments web(std::string_view url)
{
    Arguments out{"-protocol_whitelist", "http,https,tcp,tls,crypto", "-rw_timeout", kGoneAfter};
    if (ends_with(url, ".m3u8")) {
        // Segments come at once; viewers get them as they were recorded.
        append(out, {"-re"});
    } else {
        append(out, {"-reconnect", "1", "-reconnect_streamed", "1", "-reconnect_delay_max", "4"});
    }
    return out;
}

/// The names of 5.1: `-timeout` is of the socket for RTSP, of the whole for SRT.
Arguments access(std::string_view scheme, const nlohmann::json& wanted)
{
    const auto url = wanted.at("url").get<std::string>();
    if (is_one_of(scheme, {"rtsp", "rtsps"})) {
        return {"-protocol_whitelist",
                "rtsp,rtsps,rtp,rtcp,srtp,tcp,udp,tls,crypto",
                "-rtsp_transport",
                wanted.at("transport").get<std::string>(),
                "-timeout",
                kGoneAfter};
    }
    if (scheme == "srt") {
        return {"-protocol_whitelist", "srt", "-timeout", kGoneAfter, "-connect_timeout", "5000"};
    }
    if (is_one_of(scheme, {"rtmp", "rtmps"})) {
        return {"-protocol_whitelist", "rtmp,rtmps,tcp,tls,crypto",
                "-rw_timeout",         kGoneAfter,
                "-rtmp_live",          "live"};
    }
    return web(url);
}

/// Cameras send G.711 and the like, which nothing here carries. MPEG-TS, which may come by SRT and
/// HTTP, has the configuration of AAC in every frame, where MP4 wants it once.
Arguments audio(std::string_view scheme, const nlohmann::json& wanted)
{
    const auto how = wanted.at("audio").get<std::string>();
    const bool camera = is_one_of(scheme, {"rtsp", "rtsps"});
    if (how == "aac" || (how == "auto" && camera)) return {"-c:a", "aac", "-b:a", "128k"};
    const bool plain = camera || is_one_of(scheme, {"rtmp", "rtmps"}) ||
                       ends_with(wanted.at("url").get<std::string>(), ".flv");
    if (plain) return {"-c:a", "copy"};
    return {"-c:a", "copy", "-bsf:a", "aac_adtstoasc"};
}

}  // namespace

std::optional<channel::Hook> pull(const nlohmann::json& channel, const Context& context)
{
    const auto& wanted = channel.at("ingest").at("pull");
    if (wanted.at("url").is_null()) return std::nullopt;

    const auto url = wanted.at("url").get<std::string>();
    const auto scheme = url.substr(0, url.find("://"));
    channel::Hook hook{.name = "pull", .feed = channel::Feed::none, .progress = true};
    hook.argv = program(context);
    append(hook.argv, {"-fflags", "+genpts"});
    append(hook.argv, access(scheme, wanted));
    append(hook.argv, {"-i", url});
    auto argv = both_tracks();
    append(argv, {"-c:v", "copy"});
    append(argv, audio(scheme, wanted));
    append(argv, fragmented(0, Header::late, Times::begun));
    hook.outputs.push_back({.name = "", .argv = std::move(argv)});
    hook.secrets = secrets_of(url);
    return hook;
}

}  // namespace sluice::control::ffmpeg
