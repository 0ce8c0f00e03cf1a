#include "renditions.hpp"

#include <algorithm>

#include "core/channel/stream_name.hpp"
#include "core/hls/multivariant.hpp"
#include "core/package/ladder.hpp"
#include "modules/hub/worker.hpp"
#include "text_shelf.hpp"

namespace sluice::ngx {
namespace {

bool is_on_air(const hub::StreamRecord& stream)
{
    return hub::Current::unpack(stream.current.load()).state != hub::State::idle;
}

/// `<channel>/<rendition>`; not the input behind a mark.
bool is_rendition_of(const hub::StreamRecord& stream, std::string_view channel)
{
    const auto name = hub::name_of(stream);
    return name.size() > channel.size() && name.starts_with(channel) &&
           name[channel.size()] == '/' && name.substr(channel.size() + 1) != "raw";
}

/// What the channel's record says of the rendition; nothing when there is none, or no channels.
std::optional<channel::HookOutput> wanted_output(const package::Resource& resource)
{
    if (channels() == nullptr) return std::nullopt;
    const auto hooks = channels()->find_hooks(resource.channel);
    if (!hooks) return std::nullopt;
    for (const auto& hook : *hooks) {
        const auto found = std::ranges::find_if(hook.outputs, [&](const auto& output) {
            return channel::rendition_called(output.name) == resource.rendition;
        });
        if (found != hook.outputs.end()) return *found;
    }
    return std::nullopt;
}

/// How many the channel's record wants of the picture as it is now.
std::size_t wanted_renditions(const PackageRequest& asked)
{
    const auto hooks = channels() != nullptr ? channels()->find_hooks(asked.resource.channel)
                                             : Result<std::vector<channel::Hook>>();
    if (!hooks) return 0;
    const auto picture = hub::picture_of(worker()->zone, *asked.stream);
    std::size_t count = 0;
    for (const auto& hook : *hooks) {
        count +=
            static_cast<std::size_t>(std::ranges::count_if(hook.outputs, [&](const auto& output) {
                return !output.name.empty() && output.is_made_of(picture.width, picture.height);
            }));
    }
    return count;
}

}  // namespace

LadderText ladder_over(const PackageRequest& asked)
{
    const auto programme = look_at_window(*asked.stream, asked.resource.stream);
    if (!programme) return {};
    package::Ladder ladder(*programme->window);
    const bool settled = programme->ended || package::is_settled(*programme->window);
    const auto& zone = worker()->zone;
    for (std::uint32_t i = 0; i < zone.header().streams; ++i) {
        const auto& stream = zone.stream(i);
        if (!is_rendition_of(stream, asked.resource.channel) || !is_on_air(stream)) continue;
        if (const auto rendition = look_at_window(stream)) ladder.add(*rendition->window);
    }
    const auto playlist = ladder.playlist();
    return {.text = playlist ? share(hls::render(*playlist)) : SharedText(),
            .whole = settled || ladder.size() >= wanted_renditions(asked)};
}

std::optional<std::string> rendition_absent(const PackageRequest& asked)
{
    const auto& resource = asked.resource;
    if (resource.rendition.empty()) return std::nullopt;
    if (asked.stream != nullptr && is_on_air(*asked.stream)) return std::nullopt;
    const auto wanted = wanted_output(resource);
    const bool live = asked.programme != nullptr && is_on_air(*asked.programme);
    const auto picture =
        live ? hub::picture_of(worker()->zone, *asked.programme) : codec::VideoDescription{};
    if (wanted && picture.width != 0 && !wanted->is_made_of(picture.width, picture.height)) {
        return "the rendition is larger than the input, " + std::to_string(picture.width) + "x" +
               std::to_string(picture.height) + ", and transcode.upscale is off";
    }
    // One that ended can still be watched to its end.
    if (asked.stream != nullptr && look_at_window(*asked.stream, resource.stream))
        return std::nullopt;
    if (!wanted) return "the channel has no such rendition";
    return live ? "the rendition is not there yet" : "nobody publishes it";
}

}  // namespace sluice::ngx
