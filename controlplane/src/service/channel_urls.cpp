#include "channel_urls.hpp"

#include <algorithm>

#include "channel_record.hpp"
#include "core/auth/address.hpp"
#include "core/auth/signature.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

bool is_host_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

/// `scheme://host[:port]`; the scheme's usual port is left out.
std::string base(std::string_view scheme, const std::string& host, std::uint16_t port,
                 std::uint16_t usual)
{
    const bool v6 = host.find(':') != std::string::npos;
    auto url = std::string(scheme) + "://" + (v6 ? "[" + host + "]" : host);
    if (port != usual) url += ":" + std::to_string(port);
    return url;
}

std::int64_t expiry(const channel::Channel& channel, std::int64_t until_s)
{
    const auto end = channel.expires_at_s > 0 ? channel.expires_at_s : auth::kNeverExpires;
    return std::min<std::int64_t>(end, until_s);
}

json push_urls(const channel::Channel& channel, const PublicAddress& address, std::int64_t until_s)
{
    auto key = channel.id;
    if (channel.ingest.auth == channel::Auth::signature) {
        key += "?sign=" + auth::sign_push(channel.id, expiry(channel, until_s), channel.ingest.key);
    }
    const auto& host = address.push_host.empty() ? address.host : address.push_host;
    const auto rtmp = base("rtmp", host, address.rtmp_port, 1935) + "/stream";
    // RTMPS has a registered port, 443, but players and encoders need ours spelled out.
    const auto rtmps = base("rtmps", host, address.rtmps_port, 443) + "/stream";
    return {{"rtmp", rtmp + "/" + key},
            {"rtmps", rtmps + "/" + key},
            {"obs", {{"server", rtmp}, {"stream_key", key}}}};
}

json play_urls(const channel::Channel& channel, const PublicAddress& address, std::int64_t until_s)
{
    const bool tls = address.https;
    const auto port = tls ? address.https_port : address.http_port;
    const std::uint16_t usual = tls ? 443 : 80;
    const auto http =
        base(tls ? "https" : "http", address.host, port, usual) + "/" + channel.id + "/";
    const auto ws = base(tls ? "wss" : "ws", address.host, port, usual) + "/" + channel.id + "/";
    std::string sign;
    if (channel.playback.auth == channel::Auth::signature) {
        sign =
            "?sign=" + auth::sign_play(channel.id, expiry(channel, until_s), channel.playback.key);
    }
    const auto url = [&](bool on, const std::string& start, const char* name) {
        return on ? json(start + name + sign) : json();
    };
    const auto& on = channel.outputs;
    const auto rtmp = base("rtmp", address.host, address.rtmp_port, 1935) + "/stream/" + channel.id;
    return {{"flv", url(on.flv, http, "live.flv")},
            {"ws_flv", url(on.flv, ws, "live.flv")},
            {"hls", url(on.hls, http, "live.m3u8")},
            {"cmaf_hls", url(on.cmaf, http, "master.m3u8")},
            {"dash", url(on.cmaf, http, "manifest.mpd")},
            {"abr", url(true, http, "index.m3u8")},
            {"rtmp", url(on.rtmp, rtmp, "")},
            {"snapshot", url(true, http, "snapshot.jpg")},
            {"pages",
             {{"flv", url(on.flv, http, "flv.html")},
              {"hls", url(on.hls || on.cmaf, http, "hls.html")},
              {"dash", url(on.cmaf, http, "dash.html")}}}};
}

/// What we recommend to set in an encoder.
json encoder_settings()
{
    return {{"video_codec", "x264"}, {"rate_control", "CBR"}, {"bitrate_kbps", 1000},
            {"keyframe_s", 2},       {"preset", "veryfast"},  {"tune", "zerolatency"}};
}

}  // namespace

std::string host_of(std::string_view header)
{
    if (header.starts_with('[')) {
        const auto end = header.find(']');
        if (end == std::string_view::npos) return {};
        const auto address = header.substr(1, end - 1);
        return auth::parse_address(address) ? std::string(address) : std::string();
    }
    const auto host = header.substr(0, header.find(':'));
    // The header is the caller's text and goes into our answer: names only.
    if (!std::all_of(host.begin(), host.end(), is_host_character)) return {};
    if (host.find_first_not_of(".-_") == std::string_view::npos) return {};
    return std::string(host);
}

std::string bare_host(const std::string& setting)
{
    return auth::parse_address(setting) ? setting : host_of(setting);
}

json channel_urls(const json& stored, const PublicAddress& address, bool with_push,
                  std::int64_t until_s)
{
    const auto channel = to_record(stored);
    json urls{{"play", play_urls(channel, address, until_s)}, {"encoder", encoder_settings()}};
    if (with_push) urls["push"] = push_urls(channel, address, until_s);
    return urls;
}

}  // namespace sluice::control
