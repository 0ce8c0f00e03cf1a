#include "channel_index.hpp"

#include <utility>

#include "../store/schema.hpp"
#include "channel_name.hpp"

namespace sluice::control {
namespace {

namespace schema = store::schema;

constexpr std::size_t kPage = 1000;

std::string lower(std::string text)
{
    for (auto& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

std::string id_of(const std::string& key)
{
    return key.substr(schema::kChannels.size());
}

std::string searched_text(const std::string& id, const std::string& document)
{
    return lower(id + "\n" + channel_name(document));
}

}  // namespace

Result<void> ChannelIndex::reload()
{
    texts_.clear();
    std::string after;
    bool first = true;
    while (true) {
        auto page = store_.list(schema::kChannels, after, kPage);
        if (!page) return tl::unexpected(page.error());
        // Later pages may show newer states; following from the first one's revision repeats
        // some changes, which does no harm, and misses none.
        if (std::exchange(first, false)) seen_ = page->revision;
        for (const auto& entry : page->items) {
            const auto id = id_of(entry.key);
            texts_[id] = searched_text(id, entry.value);
        }
        if (!page->more) break;
        after = page->items.back().key;
    }
    loaded_ = true;
    return {};
}

Result<void> ChannelIndex::take(const std::string& key)
{
    auto entry = store_.get(key);
    if (!entry) return tl::unexpected(entry.error());
    const auto id = id_of(key);
    if (*entry) {
        texts_[id] = searched_text(id, (*entry)->value);
    } else {
        texts_.erase(id);
    }
    return {};
}

Result<void> ChannelIndex::refresh()
{
    if (!loaded_) return reload();
    auto changes = store_.watch(schema::kChannels, seen_, std::chrono::milliseconds(0));
    if (!changes && changes.error().code == Errc::gone) return reload();
    if (!changes) return tl::unexpected(changes.error());
    for (const auto& change : changes->items) {
        if (auto done = take(change.key); !done) return done;
    }
    seen_ = changes->revision;
    return {};
}

Result<ChannelIndex::Found> ChannelIndex::search(
    std::string_view text, std::string_view after, std::size_t limit,
    const std::function<bool(std::string_view)>& wanted)
{
    const std::lock_guard lock(mutex_);
    if (auto done = refresh(); !done) return tl::unexpected(done.error());
    const auto part = lower(std::string(text));
    Found found;
    for (auto it = texts_.upper_bound(after); it != texts_.end(); ++it) {
        if (wanted && !wanted(it->first)) continue;
        if (it->second.find(part) == std::string::npos) continue;
        if (found.ids.size() == limit) {
            found.more = true;
            break;
        }
        found.ids.push_back(it->first);
    }
    return found;
}

Result<void> ChannelIndex::follow()
{
    const std::lock_guard lock(mutex_);
    return refresh();
}

Result<std::size_t> ChannelIndex::size()
{
    const std::lock_guard lock(mutex_);
    if (auto done = refresh(); !done) return tl::unexpected(done.error());
    return texts_.size();
}

}  // namespace sluice::control
