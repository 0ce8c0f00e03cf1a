#include "live.hpp"

#include "core/auth/channel_id.hpp"
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

}  // namespace

/// An id that no encoder can name has no stream, and no place in an address.
Result<json> Live::stream_of(const std::string& id) const
{
    if (!auth::is_channel_id(id)) return json::object();
    return nginx_.get("/-/streams?id=" + id);
}

Result<json> Live::status(const json& channel) const
{
    const auto id = channel.at("id").get<std::string>();
    auto answer = stream_of(id);
    const json idle = idle_stream();
    json stream = idle;
    if (answer) {
        const json streams = answer->value("streams", json::array());
        for (const auto& item : streams) {
            if (item.value("id", "") == id) stream.merge_patch(item);
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
    stream["hooks"] = json::array();
    return stream;
}

Result<std::map<std::string, std::string, std::less<>>> Live::states() const
{
    const auto answer = nginx_.get("/-/streams", kListLimit);
    if (!answer) return tl::unexpected(answer.error());
    std::map<std::string, std::string, std::less<>> states;
    const json streams = answer->value("streams", json::array());
    for (const auto& item : streams) {
        const auto state = item.value("state", "idle");
        if (state != "idle") states[item.value("id", "")] = state;
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
        if (item.value("state", "") != "live") continue;
        since[item.value("id", "")] = item.value("started_at_ms", std::int64_t{0});
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
