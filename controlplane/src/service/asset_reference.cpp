#include "asset_reference.hpp"

#include <set>
#include <utility>

#include "../store/schema.hpp"
#include "channel_document.hpp"
#include "image_file.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
namespace schema = store::schema;

constexpr std::size_t kPage = 1000;
constexpr std::size_t kMostShown = 100;

/// The image that a complete document names; empty when it names none.
std::string asset_of(const json& channel)
{
    static const json::json_pointer place("/watermark/image/asset");
    if (!channel.is_object() || !channel.contains(place)) return {};
    const auto& asset = channel.at(place);
    return asset.is_string() ? asset.get<std::string>() : std::string();
}

/// The one that `after` names and `before` did not.
std::string asset_to_hold(const json& before, const json& after)
{
    auto asset = asset_of(after);
    return asset == asset_of(before) ? std::string() : asset;
}

Result<std::optional<store::Entry>> find(const store::Store& store, const std::string& asset)
{
    if (!is_image_name(asset)) return std::optional<store::Entry>{};
    return store.get(schema::asset(asset));
}

}  // namespace

Result<void> check_asset(const store::Store& store, const json& before, const json& after)
{
    const auto asset = asset_to_hold(before, after);
    if (asset.empty()) return {};
    const auto entry = find(store, asset);
    if (!entry) return tl::unexpected(entry.error());
    if (*entry) return {};
    return fail(Errc::invalid, "watermark.image.asset names no uploaded image",
                {{"watermark.image.asset", "names no uploaded image"}});
}

Result<void> hold_assets(const store::Store& store, const ChannelChanges& changes,
                         std::vector<store::Operation>& work)
{
    std::set<std::string> assets;
    for (const auto& change : changes) assets.insert(asset_to_hold(change.before, change.after));
    assets.erase(std::string());
    for (const auto& asset : assets) {
        auto entry = find(store, asset);
        if (!entry) return tl::unexpected(entry.error());
        if (!*entry) return fail(Errc::precondition, "the image was deleted meanwhile");
        // Another version of the same: a deletion that saw the one before starts again.
        work.push_back(store::put((*entry)->key, std::move((*entry)->value), (*entry)->version));
    }
    return {};
}

Result<std::vector<std::string>> channels_with_asset(const store::Store& store,
                                                     const std::string& id)
{
    std::vector<std::string> channels;
    std::string after;
    for (bool more = true; more;) {
        const auto page = store.list(schema::kChannels, after, kPage);
        if (!page) return tl::unexpected(page.error());
        for (const auto& entry : page->items) {
            if (entry.value.find(id) == std::string::npos) continue;  // most: not worth reading
            const auto channel = from_stored(entry);
            if (!channel || asset_of(*channel) != id) continue;
            channels.push_back(entry.key.substr(schema::kChannels.size()));
            if (channels.size() == kMostShown) return channels;
        }
        more = page->more && !page->items.empty();
        if (more) after = page->items.back().key;
    }
    return channels;
}

}  // namespace sluice::control
