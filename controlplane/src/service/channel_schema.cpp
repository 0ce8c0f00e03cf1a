#include "channel_schema.hpp"

#include <optional>
#include <set>
#include <string>

#include "core/channel/stream_name.hpp"
#include "formats.hpp"
#include "rendition_rule.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
using namespace rules;

constexpr long long kDay = 86400;
constexpr long long kMaxList = 256;
constexpr long long kMaxUrl = 2048;
constexpr long long kMaxPixels = 7680;
constexpr long long kMaxRenditions = 12;
constexpr long long kMaxCustom = 8;
constexpr long long kMaxRelays = 16;

Rule key()
{
    return text(1, 256).with(formats::key).or_null().secret();
}

Rule addresses()
{
    return list(text(1, 64).with(formats::address), kMaxList);
}

/// `fields` and whom to ask before a start: authoriser.hpp.
std::vector<Field> with_authorise(std::vector<Field> fields, long long cache_s)
{
    fields.push_back({"authorise_url", text(1, kMaxUrl).with(formats::callback_url).or_null()});
    fields.push_back({"authorise_timeout_ms", integer(100, 10'000, 2000)});
    fields.push_back({"authorise_on_failure", choice({"deny", "allow"})});
    fields.push_back({"authorise_cache_s", integer(0, 3600, cache_s)});
    return fields;
}

Rule ingest()
{
    return object(with_authorise(
        {
            {"auth", choice({"signed", "open"})},
            {"key", key()},
            {"on_duplicate", choice({"reject", "replace"})},
            {"allow_ips", addresses()},
            {"reconnect_window_s", integer(0, 300, 10)},
            {"pull",
             object({{"url", text(1, kMaxUrl).with(formats::pull_url).with_secret().or_null()},
                     {"transport", choice({"tcp", "udp"})},
                     {"audio", choice({"auto", "copy", "aac"})}})},
        },
        0));
}

Rule playback()
{
    return object(with_authorise(
        {
            {"auth", choice({"open", "signed"})},
            {"key", key()},
            {"allow_referers", list(text(1, 253).with(formats::host_pattern), kMaxList)},
            {"allow_origins", list(text(1, 300).with(formats::origin), kMaxList)},
            {"allow_ips", addresses()},
            {"max_viewers", integer(0, 10'000'000, 0)},
        },
        10));
}

Rule transcode()
{
    return object({
        {"enabled", boolean(false)},
        {"codec", choice({"h264", "h265"})},
        {"renditions", list(text(1, 32).with(formats::rendition), kMaxRenditions)},
        {"upscale", boolean(false)},
        {"custom", list(rendition_rule(), kMaxCustom)},
    });
}

/// Where a mark lies: a corner, or distances from two edges, which go before the corner.
std::vector<Field> with_position(std::vector<Field> fields)
{
    fields.push_back({"opacity", number(0, 1, 1)});
    fields.push_back(
        {"position", choice({"top_right", "top_left", "bottom_right", "bottom_left", "center"})});
    for (const auto* edge : {"left", "top", "right", "bottom"}) {
        fields.push_back({edge, integer(0, kMaxPixels, 0).or_null()});
    }
    return fields;
}

Rule watermark()
{
    return object({
        {"text", object(with_position({
                     {"enabled", boolean(false)},
                     {"content", text(0, 500)},
                     {"font_size", integer(6, 500, 24)},
                     {"color", text(7, 9, "#ffffff").with(formats::color)},
                 }))},
        {"image", object(with_position({
                      {"enabled", boolean(false)},
                      {"url", text(1, kMaxUrl).with(formats::web_url).or_null()},
                      {"asset", text(1, 128).or_null()},
                      {"width", integer(1, kMaxPixels, 0).or_null()},
                      {"height", integer(1, kMaxPixels, 0).or_null()},
                  }))},
        {"on_failure", choice({"hold", "show"})},
    });
}

Rule record()
{
    return object({
        {"mp4", object({{"enabled", boolean(false)}, {"segment_s", integer(5, 3600, 60)}})},
        {"hls", object({{"enabled", boolean(false)},
                        {"segment_s", integer(1, 3600, 60)},
                        {"list_size", integer(0, 100'000, 0)}})},
        {"snapshot", object({{"enabled", boolean(false)}, {"interval_s", integer(1, 3600, 30)}})},
        {"motion", object({{"enabled", boolean(false)},
                           {"area_percent", integer(1, 100, 30)},
                           {"pixel_diff", integer(1, 255, 30)},
                           {"interval_s", integer(1, 3600, 5)},
                           {"max_s", integer(1, 3600, 60)}})},
    });
}

Rule relay()
{
    return object({
        {"url", text(1, kMaxUrl).with(formats::relay_url).with_secret()},
        {"enabled", boolean(true)},
        {"source", choice({"raw", "programme"})},
        {"hevc", choice({"refuse", "transcode"})},
    });
}

/// A threshold that null switches off.
Rule threshold(long long min, long long max, std::optional<long long> preset)
{
    auto rule = integer(min, max, preset.value_or(0)).or_null();
    if (preset) rule.preset = *preset;
    return rule;
}

/// What the stream is held to: health_rules.hpp.
Rule health()
{
    return object({
        {"min_bitrate_kbps", threshold(1, 1'000'000, std::nullopt)},
        {"min_fps", threshold(1, 240, std::nullopt)},
        {"max_keyframe_interval_s", threshold(1, 300, 10)},
        {"max_av_drift_ms", threshold(50, 60'000, 1000)},
        {"max_silence_s", threshold(1, 3600, std::nullopt)},
        {"for_s", integer(1, 300, 5)},
    });
}

Rule task_size(const std::string& preset)
{
    auto rule = choice({"micro", "small", "medium", "large", "xlarge"});
    rule.preset = preset;
    return rule;
}

Rule whole_channel()
{
    return object({
        {"id", text(1, 64).with(formats::channel_id)},
        {"name", text(0, 128)},
        {"description", text(0, 2000)},
        {"enabled", boolean(true)},
        {"expires_at", text(1, 40).with(formats::timestamp).or_null()},
        {"ingest", ingest()},
        {"outputs", object({{"flv", boolean(true)},
                            {"hls", boolean(true)},
                            {"cmaf", boolean(true)},
                            {"rtmp", boolean(true)}})},
        {"packaging", object({{"segment_s", integer(1, 30, 2)},
                              {"part_ms", integer(100, 2000, 200)},
                              {"list_size", integer(3, 100, 5)},
                              {"dvr_window_s", integer(0, 30 * kDay, 0)}})},
        {"playback", playback()},
        {"health", health()},
        {"transcode", transcode()},
        {"watermark", watermark()},
        {"record", record()},
        {"relays", list(relay(), kMaxRelays)},
        {"task_sizes",
         object({{"record", task_size("small")}, {"transcode", task_size("medium")}})},
        {"created_at", text(0, 40).ours()},
        {"updated_at", text(0, 40).ours()},
        {"version", integer(0, 0, 0).ours()},
        {"applied", text(0, 16).ours()},
        {kLegacy, object({}).kept()},
    });
}

/// The member at a path of names, or null where the document ends before it.
const json& at(const json& document, std::initializer_list<const char*> path)
{
    static const json kNothing;
    const json* value = &document;
    for (const auto* name : path) {
        if (!value->is_object()) return kNothing;
        const auto member = value->find(name);
        if (member == value->end()) return kNothing;
        value = &*member;
    }
    return *value;
}

bool is_on(const json& document, std::initializer_list<const char*> path)
{
    return at(document, path) == json(true);
}

void check_marks(const json& channel, Findings& findings)
{
    for (const auto* mark : {"text", "image"}) {
        const auto path = std::string("watermark.") + mark;
        const auto edge = [&](const char* name) {
            return !at(channel, {"watermark", mark, name}).is_null();
        };
        if (edge("left") && edge("right")) findings.add(path + ".right", "excludes left");
        if (edge("top") && edge("bottom")) findings.add(path + ".bottom", "excludes top");
    }
    const auto& content = at(channel, {"watermark", "text", "content"});
    if (is_on(channel, {"watermark", "text", "enabled"}) &&
        (content.is_null() || content == json(""))) {
        findings.add("watermark.text.content", "must not be empty when the text is enabled");
    }
    const bool source = !at(channel, {"watermark", "image", "url"}).is_null() ||
                        !at(channel, {"watermark", "image", "asset"}).is_null();
    if (is_on(channel, {"watermark", "image", "enabled"}) && !source) {
        findings.add("watermark.image.url", "or asset must be given when the image is enabled");
    }
}

void check_renditions(const json& channel, Findings& findings)
{
    const auto& custom = at(channel, {"transcode", "custom"});
    const auto& ready = at(channel, {"transcode", "renditions"});
    std::set<std::string> names;
    for (std::size_t i = 0; ready.is_array() && i < ready.size(); ++i) {
        if (!ready[i].is_string()) continue;
        const auto& name = ready[i].get_ref<const std::string&>();
        if (!names.emplace(channel::rendition_called(name)).second) {
            findings.add("transcode.renditions[" + std::to_string(i) + "]", "is there twice");
        }
    }
    for (std::size_t i = 0; custom.is_array() && i < custom.size(); ++i) {
        const auto path = "transcode.custom[" + std::to_string(i) + "].name";
        const auto& name = at(custom[i], {"name"});
        if (custom[i].is_object() && name.is_null()) findings.add(path, "is missing");
        if (!name.is_string()) continue;
        if (!names.emplace(channel::rendition_called(name.get_ref<const std::string&>())).second) {
            findings.add(path, "is there twice");
        }
    }
    const auto together = (ready.is_array() ? ready.size() : 0) + custom.size();
    if (custom.is_array() && custom.size() <= kMaxCustom && together > kMaxRenditions) {
        findings.add("transcode.custom", "must have at most " + std::to_string(kMaxRenditions) +
                                             " items together with renditions");
    }
}

void check_relays(const json& channel, Findings& findings)
{
    const auto& relays = at(channel, {"relays"});
    for (std::size_t i = 0; relays.is_array() && i < relays.size(); ++i) {
        if (relays[i].is_object() && !relays[i].contains("url")) {
            findings.add("relays[" + std::to_string(i) + "].url", "is missing");
        }
    }
}

}  // namespace

const Rule& channel_rule()
{
    static const Rule rule = whole_channel();
    return rule;
}

void check_channel(const json& channel, Findings& findings)
{
    check(channel_rule(), channel, "", findings);
    check_marks(channel, findings);
    check_renditions(channel, findings);
    check_relays(channel, findings);
}

}  // namespace sluice::control
