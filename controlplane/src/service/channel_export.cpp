#include "channel_export.hpp"

#include <string>
#include <utility>

#include "../store/schema.hpp"
#include "channel_document.hpp"
#include "channel_schema.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

constexpr std::size_t kPage = 1000;

Result<json> exported(const store::Entry& entry, bool secrets)
{
    return from_stored(entry).map([&](json&& channel) {
        const auto playback_key = channel.at("playback").at("key");
        if (!secrets) channel = without_secrets(channel_rule(), std::move(channel));
        auto out = without_defaults(channel_rule(), channel);
        // Said even when there is none: an absent one would leave another in its place.
        if (secrets) out["playback"]["key"] = playback_key;
        return out;
    });
}

}  // namespace

Result<json> export_channels(const store::Store& store, bool secrets)
{
    json channels = json::array();
    std::string after;
    for (bool more = true; more;) {
        auto page = store.list(store::schema::kChannels, after, kPage);
        if (!page) return tl::unexpected(page.error());
        for (const auto& entry : page->items) {
            auto channel = exported(entry, secrets);
            if (!channel) return tl::unexpected(channel.error());
            channels.push_back(std::move(*channel));
        }
        more = page->more && !page->items.empty();
        if (more) after = page->items.back().key;
    }
    return json{{"version", kExportVersion}, {"channels", std::move(channels)}};
}

}  // namespace sluice::control
