#include "mark.hpp"

#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "image_mark.hpp"
#include "task_size.hpp"
#include "text_mark.hpp"
#include "video_encoder.hpp"

namespace sluice::control::ffmpeg {

/// The text lies over the image. The rate of the input is not known, so quality decides.
std::optional<channel::Hook> mark(const nlohmann::json& channel, const Context& context)
{
    const auto& encoder = context.encoders.h264;
    const auto& wanted = channel.at("watermark");
    const auto text = text_mark(wanted.at("text"), context.fonts);
    auto image = image_mark(wanted.at("image"), context);
    if (!image && !text) image = absent_image_mark(wanted.at("image"), context);
    if ((!image && !text) || encoder.empty()) return std::nullopt;

    const auto size = task_size(channel, "transcode");
    channel::Hook hook{.name = "mark", .feed = channel::Feed::input, .progress = true};
    hook.show_input = wanted.at("on_failure") == "show";
    hook.argv = program(context);
    append(hook.argv, device_arguments(encoder));
    append(hook.argv, {"-filter_threads", std::to_string(size.threads())});
    append(hook.argv, fed_input(Times::kept, size.threads()));

    std::string chain;
    if (image) chain += *image + ",";
    if (text) chain += *text + ",";
    auto argv = both_tracks();
    append(argv, {"-vf", chain + last_filter(encoder)});
    append(argv, video_encoder({.encoder = encoder, .threads = size.threads()}));
    append(argv, {"-c:a", "copy"});
    append(argv, fragmented(0));
    hook.outputs.push_back({.name = "", .argv = std::move(argv)});
    size.bound(hook);
    return hook;
}

}  // namespace sluice::control::ffmpeg
