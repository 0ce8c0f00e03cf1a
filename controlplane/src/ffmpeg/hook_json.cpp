#include "hook_json.hpp"

namespace sluice::control::ffmpeg {
namespace {

using nlohmann::ordered_json;

const char* name_of(channel::Feed feed)
{
    switch (feed) {
        case channel::Feed::none:
            return "none";
        case channel::Feed::input:
            return "input";
        case channel::Feed::programme:
            return "programme";
    }
    return "";
}

ordered_json to_json(const channel::HookOutput& output)
{
    return {{"name", output.name},
            {"width", output.width},
            {"height", output.height},
            {"argv", output.argv}};
}

ordered_json to_json(const channel::Hook& hook)
{
    ordered_json outputs = ordered_json::array();
    for (const auto& output : hook.outputs) outputs.push_back(to_json(output));
    return {{"name", hook.name},
            {"feed", name_of(hook.feed)},
            {"frames", hook.frames == channel::Frames::key ? "key" : "all"},
            {"argv", hook.argv},
            {"outputs", std::move(outputs)},
            {"progress", hook.progress},
            {"copies", hook.copies},
            {"events", hook.events},
            {"folder", hook.folder},
            {"cpu_units", hook.cpu_units},
            {"memory_mb", hook.memory_mb},
            {"secrets", hook.secrets},
            {"show_input", hook.show_input}};
}

}  // namespace

ordered_json to_json(std::span<const channel::Hook> hooks)
{
    ordered_json all = ordered_json::array();
    for (const auto& hook : hooks) all.push_back(to_json(hook));
    return all;
}

}  // namespace sluice::control::ffmpeg
