#include "snapshot.hpp"

#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "task_size.hpp"

namespace sluice::control::ffmpeg {
namespace {

/// From here on key frames come often enough, and nothing else has to be decoded: a decoder that
/// puts frames in order gives the first out with the third.
constexpr int kKeyFramesServe = 30;

/// The first at once. A little early counts as in time: clocks of encoders tremble.
std::string every(int seconds)
{
    return "select='isnan(prev_selected_t)+gte(t-prev_selected_t," + std::to_string(seconds) +
           "-0.05)'";
}

}  // namespace

std::optional<channel::Hook> snapshot(const nlohmann::json& channel, const Context& context)
{
    const auto& wanted = channel.at("record").at("snapshot");
    if (!wanted.at("enabled").get<bool>()) return std::nullopt;

    const int interval = wanted.at("interval_s");
    const auto size = task_size(channel, "record");
    channel::Hook hook{.name = "snapshot", .feed = channel::Feed::programme, .progress = true};
    hook.frames = interval >= kKeyFramesServe ? channel::Frames::key : channel::Frames::all;
    hook.folder = context.dir + "/live/" + channel.at("id").get<std::string>();
    hook.argv = program(context);
    // Of an earlier life there may be a picture.
    append(hook.argv, {"-y", "-filter_threads", "1"});
    // A frame need not wait for those that are shown before it.
    append(hook.argv, {"-flags", "low_delay"});
    append(hook.argv, fed_input(Times::kept, 1, hook.frames));
    append(hook.argv, {"-map", "0:v:0", "-vf", every(interval), "-fps_mode:v", "passthrough",
                       "-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p", "-threads:v", "1"});
    append(hook.argv,
           {"-f", "image2", "-update", "1", "-atomic_writing", "1", hook.folder + "/snapshot.jpg"});
    size.bound(hook);
    return hook;
}

}  // namespace sluice::control::ffmpeg
