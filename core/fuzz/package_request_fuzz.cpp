#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "core/auth/channel_id.hpp"
#include "core/channel/stream_name.hpp"
#include "core/package/reload.hpp"
#include "core/package/resource.hpp"
#include "core/package/token_splice.hpp"

namespace {

using namespace sluice::package;

void require(bool holds)
{
    if (!holds) std::abort();
}

/// Segments 7 and 8, the newer one open.
const Window& window()
{
    static const auto one = [] {
        auto made = std::make_unique<Window>();
        made->end_period = 1;
        made->period[0].video = {.timescale = 90'000, .part_target_us = 200'000};
        auto& lane = made->of(Lane::video);
        lane.first = 7;
        lane.end = 9;
        lane.parts = 13;
        lane.at(7) = {.sequence = 7, .parts = 10, .complete = true};
        lane.at(8) = {.sequence = 8, .first_part = 10, .parts = 3};
        return made;
    }();
    return *one;
}

/// Whether a component of the path is the rendition, by any of its names, or begins with it.
bool names(std::string_view path, std::string_view rendition)
{
    while (!path.empty()) {
        const auto component = path.substr(0, path.find('/'));
        const auto track = component.substr(0, component.rfind('-'));
        if (component.starts_with(rendition)) return true;
        for (const auto name : {component, track}) {
            if (sluice::channel::rendition_called(name) == rendition) return true;
        }
        path.remove_prefix(std::min(path.size(), component.size() + 1));
    }
    return false;
}

}  // namespace

/// An address, and its query. Properties: what is found lies inside the path, of a good channel; a
/// text of any kind keeps all it has when a token is put into it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto path = text.substr(0, text.find('?'));
    if (const auto resource = parse_resource(path)) {
        require(sluice::auth::is_channel_id(resource->channel));
        require(path.substr(1).starts_with(resource->channel));
        require(sluice::channel::StreamName(resource->channel, resource->rendition) ==
                std::string_view(resource->stream));
        require(names(path, resource->rendition));
        require(path.ends_with(resource->file));
        (void)wait_for_part(window(), resource->lane, resource->sequence, resource->part);
    }
    if (path.size() < size) {
        const auto reload = parse_reload(text.substr(path.size() + 1));
        if (reload) require(reload->sequence || !reload->part);
        if (reload) (void)wait_for(window(), Lane::video, *reload);
    }
    require(splice_into_playlist(text, "s=1").size() >= size);
    require(splice_into_manifest(text, "s=1").size() >= size);
    return 0;
}
