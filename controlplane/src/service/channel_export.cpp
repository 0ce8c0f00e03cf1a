#include "channel_export.hpp"

#include <string>
#include <utility>

#include "../store/schema.hpp"
#include "channel_document.hpp"
#include "channel_schema.hpp"
#include "rendition_rule.hpp"
#include "template_change.hpp"

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

Result<json> exported_templates(const store::Store& store)
{
    const auto page = store.list(store::schema::kTranscodeTemplates, "", kPage);
    if (!page) return tl::unexpected(page.error());
    json templates = json::array();
    for (const auto& entry : page->items) {
        const auto one = template_of(entry);
        if (!one) return one;
        templates.push_back(without_defaults(rendition_rule(), *one));
    }
    return templates;
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
    json document{{"version", kExportVersion}, {"channels", std::move(channels)}};
    auto templates = exported_templates(store);
    if (!templates) return templates;
    if (!templates->empty()) document["transcode_templates"] = std::move(*templates);
    return document;
}

}  // namespace sluice::control
