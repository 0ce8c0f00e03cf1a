#include "live.hpp"

#include <charconv>
#include <optional>

#include "core/auth/channel_id.hpp"
#include "core/channel/stream_name.hpp"
#include "core/hook/redact.hpp"
#include "timestamp.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

/// A list of many streams takes nginx longer than a single one.
constexpr std::chrono::milliseconds kListLimit{2000};

json idle_stream()
{
    return {{"state", "idle"},
            {"started_at_ms", nullptr},
            {"publisher", nullptr},
            {"video", nullptr},
            {"audio", nullptr},
            {"gop_ms", nullptr},
            {"keyframe_interval_ms", nullptr},
            {"av_drift_ms", nullptr},
            {"silence_ms", nullptr},
            {"last_tag_age_ms", nullptr},
            {"viewers",
             {{"flv", 0}, {"ws_flv", 0}, {"rtmp", 0}, {"hls", 0}, {"cmaf_hls", 0}, {"dash", 0}}}};
}

/// Whether the channel may be pushed to at all, apart from what the encoder sends.
std::string admission(const json& channel)
{
    if (!channel.at("enabled").get<bool>()) return "disabled";
    const auto& expires = channel.at("expires_at");
    if (!expires.is_string()) return "open";
    const auto at = parse_timestamp(expires.get<std::string>());
    return !at || *at <= now_s() ? "expired" : "open";
}

/// `<channel>/<rendition>`, but not the input behind a watermark.
bool is_rendition(std::string_view stream)
{
    const auto name = channel::rendition_of(stream);
    return !name.empty() && name != "raw";
}

json rendition(const json& stream)
{
    return {{"name", channel::rendition_of(stream.at("id").get<std::string>())},
            {"state", stream.at("state")},
            {"video", stream.at("video")},
            {"audio", stream.at("audio")}};
}

/// Where `relay-<n>`, or `pull`, connects to, without what nobody may see of it.
std::optional<std::string> target_of(const json& channel, const std::string& hook)
{
    constexpr std::string_view kRelay = "relay-";
    json url;
    if (hook == "pull") url = channel.at("ingest").at("pull").at("url");
    if (hook.starts_with(kRelay)) {
        std::size_t number = 0;
        std::from_chars(hook.data() + kRelay.size(), hook.data() + hook.size(), number);
        const auto& relays = channel.at("relays");
        if (number >= 1 && number <= relays.size()) url = relays[number - 1].at("url");
    }
    if (!url.is_string()) return std::nullopt;
    return hook::Redactor({})(url.get<std::string>());
}

/// Connections that watch a rendition watch the channel; sessions are counted there at once.
void add_viewers(json& viewers, const json& rendition)
{
    for (const auto& [protocol, count] : rendition.at("viewers").items()) {
        viewers[protocol] = viewers.value(protocol, 0) + count.get<int>();
    }
}

}  // namespace

/// An id that no encoder can name has no stream, and no place in an address.
Result<json> Live::streams_of(const std::string& id) const
{
    if (!auth::is_channel_id(id)) return json::object();
    return nginx_.get("/-/streams?id=" + id);
}

Result<json> Live::status(const json& channel) const
{
    const auto id = channel.at("id").get<std::string>();
    auto answer = streams_of(id);
    const json idle = idle_stream();
    json stream = idle;
    json renditions = json::array();
    if (answer) {
        const json streams = answer->value("streams", json::array());
        for (const auto& item : streams) {
            const auto name = item.value("id", "");
            if (name == id) stream.merge_patch(item);
            if (is_rendition(name)) renditions.push_back(rendition(item));
        }
        for (const auto& item : streams) {
            if (is_rendition(item.value("id", ""))) add_viewers(stream["viewers"], item);
        }
    } else if (answer.error().code != Errc::not_found) {
        return tl::unexpected(answer.error());
    }
    // Absent says the same as null; a caller should find every field there.
    for (const auto& [name, value] : idle.items()) {
        if (!stream.contains(name)) stream[name] = value;
    }
    stream["id"] = id;
    stream["admission"] = admission(channel);
    stream["renditions"] = std::move(renditions);
    auto hooks = hooks_of(id);
    if (!hooks) return tl::unexpected(hooks.error());
    for (auto& hook : *hooks) {
        if (auto target = target_of(channel, hook.at("name"))) hook["target"] = std::move(*target);
    }
    stream["hooks"] = std::move(*hooks);
    return stream;
}

Result<json> Live::hooks_of(const std::string& id) const
{
    json hooks = json::array();
    if (!auth::is_channel_id(id)) return hooks;
    const auto answer = nginx_.get("/-/hooks?id=" + id);
    if (!answer) return tl::unexpected(answer.error());
    for (auto hook : answer->value("hooks", json::array())) {
        hook.erase("channel");
        hook.erase("worker_pid");
        hooks.push_back(std::move(hook));
    }
    return hooks;
}

Result<std::map<std::string, std::string, std::less<>>> Live::states() const
{
    const auto answer = nginx_.get("/-/streams", kListLimit);
    if (!answer) return tl::unexpected(answer.error());
    std::map<std::string, std::string, std::less<>> states;
    const json streams = answer->value("streams", json::array());
    for (const auto& item : streams) {
        const auto state = item.value("state", "idle");
        const auto name = item.value("id", "");
        if (state != "idle" && channel::rendition_of(name).empty()) states[name] = state;
    }
    return states;
}

Result<std::map<std::string, std::int64_t, std::less<>>> Live::live_since() const
{
    const auto answer = nginx_.get("/-/streams", kListLimit);
    if (!answer) return tl::unexpected(answer.error());
    std::map<std::string, std::int64_t, std::less<>> since;
    const json streams = answer->value("streams", json::array());
    for (const auto& item : streams) {
        const auto name = item.value("id", "");
        if (item.value("state", "") != "live" || !channel::rendition_of(name).empty()) continue;
        since[name] = item.value("started_at_ms", std::int64_t{0});
    }
    return since;
}

Result<void> Live::kick(std::string_view id, const std::string& reason) const
{
    const auto nobody = [] { return fail(Errc::conflict, "nobody publishes to this channel"); };
    if (!auth::is_channel_id(id)) return nobody();
    json body = json::object();
    if (!reason.empty()) body["reason"] = reason;
    auto answer = nginx_.post("/-/streams/" + std::string(id) + "/kick", body.dump());
    if (answer) return {};
    if (answer.error().code == Errc::not_found) return nobody();
    return tl::unexpected(answer.error());
}

Result<std::string> Live::metrics() const
{
    return nginx_.text("/-/metrics", kListLimit);
}

bool Live::reachable() const
{
    return nginx_.get("/-/generation").has_value();
}

}  // namespace sluice::control
