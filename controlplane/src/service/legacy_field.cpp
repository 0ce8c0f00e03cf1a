#include "legacy_field.hpp"

#include <algorithm>
#include <vector>

#include "legacy_relays.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
using Kind = LegacyField::Kind;

json::json_pointer pointer(std::string_view path)
{
    std::string text = "/" + std::string(path);
    std::replace(text.begin(), text.end(), '.', '/');
    return json::json_pointer(text);
}

json read_plain(const LegacyField& field, const json& channel)
{
    return channel.at(pointer(field.path));
}

void write_plain(const LegacyField& field, json& channel, const json& value)
{
    channel[pointer(field.path)] = value;
}

json read_codec(const LegacyField& field, const json& channel)
{
    return read_plain(field, channel) == "h265" ? "libx265" : "libx264";
}

void write_codec(const LegacyField& field, json& channel, const json& value)
{
    write_plain(field, channel, value == "libx265" ? "h265" : "h264");
}

json read_color(const LegacyField& field, const json& channel)
{
    auto color = read_plain(field, channel).get<std::string>();
    std::transform(color.begin(), color.end(), color.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
    return color;
}

/// A time that is no midnight stays as it is: nothing shorter says the same.
json read_day(const LegacyField& field, const json& channel)
{
    constexpr std::string_view kMidnight = "T00:00:00Z";
    const auto time = read_plain(field, channel);
    if (!time.is_string()) return "";
    const auto& text = time.get_ref<const std::string&>();
    return text.ends_with(kMidnight) ? text.substr(0, text.size() - kMidnight.size()) : text;
}

void write_day(const LegacyField& field, json& channel, const json& value)
{
    const auto& text = value.get_ref<const std::string&>();
    const bool day = text.find('T') == std::string::npos;
    write_plain(field, channel, text.empty() ? json() : json(day ? text + "T00:00:00Z" : text));
}

json read_rendition(const LegacyField& field, const json& channel)
{
    const auto list = read_plain(field, channel);
    return std::ranges::find(list, json(field.name)) != list.end();
}

void write_rendition(const LegacyField& field, json& channel, const json& value)
{
    auto& list = channel[pointer(field.path)];
    if (value == json(true)) {
        list.push_back(field.name);
    } else {
        list.erase(std::ranges::find(list, json(field.name)));
    }
}

json read_image(const LegacyField& field, const json& channel)
{
    const auto url = read_plain(field, channel);
    return url.is_null() ? json("") : url;
}

/// A URL takes the place of an uploaded image.
void write_image(const LegacyField& field, json& channel, const json& value)
{
    write_plain(field, channel, value == "" ? json() : value);
    if (value != "") channel["watermark"]["image"]["asset"] = nullptr;
}

/// A distance from one edge takes the place of that from the other.
void write_edge(const LegacyField& field, json& channel, const json& value)
{
    write_plain(field, channel, value);
    if (value.is_null()) return;
    auto& text = channel["watermark"]["text"];
    text[field.path.ends_with("left") ? "right" : "bottom"] = nullptr;
}

json read_relay_urls(const LegacyField& /*field*/, const json& channel)
{
    return legacy_relay_urls(channel.at("relays"));
}

void write_relay_urls(const LegacyField& /*field*/, json& channel, const json& value)
{
    channel["relays"] = legacy_relays(channel.at("relays"), value.get<std::string>());
}

json read_relay(const LegacyField& /*field*/, const json& channel)
{
    return any_relay_enabled(channel.at("relays"));
}

void write_relay(const LegacyField& /*field*/, json& channel, const json& value)
{
    for (auto& relay : channel["relays"]) relay["enabled"] = value;
}

LegacyField plain(std::string_view name, Kind kind, json preset, std::string_view path,
                  std::string_view note = {})
{
    return {name, kind, std::move(preset), path, read_plain, write_plain, note};
}

LegacyField rendition(std::string_view name, std::string_view note)
{
    return {name,           Kind::boolean,   false, "transcode.renditions",
            read_rendition, write_rendition, note};
}

LegacyField only_kept(std::string_view name, Kind kind, json preset, std::string_view note)
{
    return {.name = name, .kind = kind, .preset = std::move(preset), .note = note};
}

std::vector<LegacyField> outputs()
{
    return {
        {"outdate", Kind::day, "", "expires_at", read_day, write_day,
         "`2022-12-09` or `2022/12/9`: that day's midnight, UTC; an RFC 3339 time too. \"\": "
         "never"},
        plain("videoname", Kind::text, "", "name"),
        plain("description", Kind::text, "", "description"),
        plain("isFlv", Kind::boolean, true, "outputs.flv"),
        plain("isHls", Kind::boolean, false, "outputs.hls"),
        plain("isCMAF", Kind::boolean, false, "outputs.cmaf"),
        plain("hls_time", Kind::whole, 2, "packaging.segment_s"),
        plain("hls_list_size", Kind::whole, 5, "packaging.list_size"),
        only_kept("isRtmps", Kind::boolean, false, "RTMPS is always there, on its own port"),
    };
}

std::vector<LegacyField> recording()
{
    return {
        plain("isVideo", Kind::boolean, false, "record.mp4.enabled"),
        plain("video_time", Kind::whole, 60, "record.mp4.segment_s"),
        plain("isOnDemand", Kind::boolean, false, "record.hls.enabled"),
        plain("ondemand_time", Kind::whole, 60, "record.hls.segment_s"),
        plain("ondemand_list_size", Kind::whole, 0, "record.hls.list_size"),
        plain("isImage", Kind::boolean, false, "record.snapshot.enabled"),
        plain("image_time", Kind::whole, 30, "record.snapshot.interval_s"),
        plain("isMotion", Kind::boolean, false, "record.motion.enabled"),
        plain("motion_percent", Kind::whole, 30, "record.motion.area_percent"),
        plain("motion_diff", Kind::whole, 30, "record.motion.pixel_diff"),
        plain("motion_duration", Kind::whole, 5, "record.motion.interval_s"),
        plain("motion_timeout", Kind::whole, 60, "record.motion.max_s"),
        plain("recordSize", Kind::size, "small", "task_sizes.record"),
    };
}

std::vector<LegacyField> processing()
{
    return {
        {"relayURL", Kind::urls, "", "relays", read_relay_urls, write_relay_urls,
         "one or several, separated by commas; a comma inside one is `%2C`. Not shown to viewers"},
        {"isRelay", Kind::boolean, false, "relays", read_relay, write_relay,
         "`enabled` of all of them; needs `relayURL`"},
        plain("isCodec", Kind::boolean, false, "transcode.enabled"),
        {"codec", Kind::codec, "libx264", "transcode.codec", read_codec, write_codec,
         "`libx264` or `libx265`; `h264`, `h265` and `hevc` name them too"},
        rendition("ld", "whether `ld` is in the list: 360p"),
        rendition("sd", "whether `sd` is in the list: 480p"),
        rendition("hd", "whether `hd` is in the list: 720p"),
        rendition("ud", "whether `ud` is in the list: 1080p"),
        plain("codecSize", Kind::size, "medium", "task_sizes.transcode"),
    };
}

std::vector<LegacyField> marks()
{
    return {
        plain("isWaterMark", Kind::boolean, false, "watermark.text.enabled",
              "needs `WaterMarkText`"),
        plain("WaterMarkText", Kind::text, "", "watermark.text.content"),
        plain("WaterMarkFontSize", Kind::whole, 24, "watermark.text.font_size"),
        {"WaterMarkFontColor", Kind::color, "#ffffff", "watermark.text.color", read_color,
         write_plain, "`#rrggbb`, `0xrrggbb` or a name such as `red`"},
        {"WaterMarkTop", Kind::whole_or_none, nullptr, "watermark.text.top", read_plain, write_edge,
         "null: in the corner at the top left"},
        {"WaterMarkLeft", Kind::whole_or_none, nullptr, "watermark.text.left", read_plain,
         write_edge, "null: in the corner at the top left"},
        plain("isImageWaterMark", Kind::boolean, false, "watermark.image.enabled",
              "needs `ImageURL`"),
        {"ImageURL", Kind::text, "", "watermark.image.url", read_image, write_image,
         "takes the place of an uploaded image"},
        plain("ImageWidth", Kind::whole_or_none, nullptr, "watermark.image.width",
              "null: the image's own"),
        plain("ImageHeight", Kind::whole_or_none, nullptr, "watermark.image.height",
              "null: the image's own"),
    };
}

/// What described the tasks of a cloud: one nginx does their work now.
std::vector<LegacyField> without_counterpart()
{
    constexpr auto kTasks = "there are no tasks to be placed any more";
    return {
        only_kept("isCluster", Kind::boolean, false, kTasks),
        only_kept("clusterNumber", Kind::whole, 1, kTasks),
        only_kept("masterSize", Kind::text, "large", kTasks),
        only_kept("slaveSize", Kind::text, "micro", kTasks),
        only_kept("logLevel", Kind::text, "warning",
                  "logs are the installation's, not a channel's"),
    };
}

std::vector<LegacyField> all_fields()
{
    std::vector<LegacyField> all;
    for (auto part : {outputs(), recording(), processing(), marks(), without_counterpart()}) {
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

}  // namespace

std::span<const LegacyField> legacy_fields()
{
    static const std::vector<LegacyField> fields = all_fields();
    return fields;
}

}  // namespace sluice::control
