#include "motion.hpp"

#include <nlohmann/json.hpp>

#include "task_size.hpp"

namespace sluice::control::ffmpeg {
namespace {

/// What a clip holds of the time before the motion.
constexpr auto kBefore = "3";

}  // namespace

std::optional<channel::Hook> motion(const nlohmann::json& channel, const Context& context)
{
    const auto& wanted = channel.at("record").at("motion");
    if (!wanted.at("enabled").get<bool>()) return std::nullopt;

    const auto number = [&](const char* name) {
        return std::to_string(wanted.at(name).get<long long>());
    };
    channel::Hook hook{.name = "motion", .feed = channel::Feed::programme};
    hook.progress = hook.events = hook.copies = true;
    hook.folder = context.dir + "/motion/" + channel.at("id").get<std::string>();
    hook.argv = {context.motion,
                 "--area",
                 number("area_percent"),
                 "--diff",
                 number("pixel_diff"),
                 "--interval",
                 number("interval_s"),
                 "--max",
                 number("max_s"),
                 "--before",
                 kBefore,
                 "--folder",
                 hook.folder,
                 "--ffmpeg",
                 context.ffmpeg};
    task_size(channel, "record").bound(hook);
    return hook;
}

}  // namespace sluice::control::ffmpeg
