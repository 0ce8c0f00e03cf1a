#include "record_cache.hpp"

#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "../log.hpp"
#include "../service/channel_document.hpp"
#include "../service/channel_record.hpp"
#include "../service/resolved_renditions.hpp"
#include "../service/template_reference.hpp"
#include "../store/schema.hpp"

namespace sluice::control::snapshot {
namespace {

using namespace std::chrono_literals;
namespace schema = store::schema;

constexpr std::size_t kPage = 1000;

std::string id_of(const std::string& key)
{
    return key.substr(schema::kChannels.size());
}

}  // namespace

Result<bool> RecordCache::refresh()
{
    if (!seen_) return read_all();
    auto changed = read_changes();
    if (!changed && changed.error().code == Errc::gone) return read_all();
    if (!changed) return changed;
    return read_renewed().map([&](bool renewed) { return renewed || *changed; });
}

Result<bool> RecordCache::read_renewed()
{
    bool different = false;
    while (!renewed_.empty()) {
        auto changed = read_one(schema::channel(*renewed_.begin()));
        if (!changed) return changed;
        different |= *changed;
        renewed_.erase(renewed_.begin());
    }
    return different;
}

void RecordCache::seed(Records records, store::Revision seen)
{
    records_ = std::move(records);
    seen_ = seen;
}

Result<bool> RecordCache::read_all()
{
    const auto before = std::move(records_);
    records_.clear();
    seen_.reset();

    std::optional<store::Revision> first;
    std::string after;
    for (bool more = true; more;) {
        auto page = store_.list(schema::kChannels, after, kPage);
        if (!page) return tl::unexpected(page.error());
        for (const auto& entry : page->items) put(entry);
        // Later pages may show a later state: changes since the first page are read again, which
        // does no harm.
        if (!first) first = page->revision;
        more = page->more && !page->items.empty();
        if (more) after = page->items.back().key;
    }
    seen_ = first;
    renewed_.clear();
    return records_ != before;
}

/// Has the channels of changed templates encoded anew.
Result<store::Revision> RecordCache::read_templates()
{
    const auto changes = store_.watch(schema::kTranscodeTemplates, *seen_, 0ms);
    if (!changes) return tl::unexpected(changes.error());
    for (const auto& change : changes->items) {
        const auto name = change.key.substr(schema::kTranscodeTemplates.size());
        const auto channels = channels_with_template(store_, name, SIZE_MAX);
        if (!channels) return tl::unexpected(channels.error());
        renewed_.insert(channels->begin(), channels->end());
    }
    return changes->revision;
}

Result<bool> RecordCache::read_changes()
{
    const auto templates = read_templates();
    if (!templates) return tl::unexpected(templates.error());
    auto changes = store_.watch(schema::kChannels, *seen_, 0ms);
    if (!changes) return tl::unexpected(changes.error());
    bool different = false;
    for (const auto& change : changes->items) {
        auto changed = read_one(change.key);
        if (!changed) return changed;
        different |= *changed;
    }
    // Channels may have been read at a later state: reading those changes again does no harm.
    seen_ = *templates;
    return different;
}

/// As it is now: the change may be an older one.
Result<bool> RecordCache::read_one(const std::string& key)
{
    const auto entry = store_.get(key);
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return records_.erase(id_of(key)) > 0;
    return put(**entry);
}

/// A document that can't be read (of another version, perhaps) costs its channel only.
bool RecordCache::put(const store::Entry& entry)
{
    const auto id = id_of(entry.key);
    try {
        auto document = from_stored(entry);
        if (!document) return leave_out(id);
        const auto stated = to_record(*document);
        auto bytes = channel::encode(stated, hooks_of(std::move(*document)));
        auto& record = records_[id];
        if (record == bytes) return false;
        record = std::move(bytes);
        return true;
    } catch (const std::exception&) {
        return leave_out(id);
    }
}

/// A template that is not there costs its rendition only.
std::vector<channel::Hook> RecordCache::hooks_of(nlohmann::json&& channel) const
{
    if (!hooks_) return {};
    const auto resolved = with_renditions(
        std::move(channel), [this](const auto& name) { return stored_template(store_, name); });
    for (const auto& name : resolved.missing) {
        log(Level::error, {{"msg", "a channel names a transcode template that is not there"},
                           {"channel", resolved.channel.at("id")},
                           {"template", name}});
    }
    return hooks_(resolved.channel);
}

bool RecordCache::leave_out(const std::string& id)
{
    log(Level::error, {{"msg", "a stored channel can't be read and is left out"}, {"channel", id}});
    return records_.erase(id) > 0;
}

}  // namespace sluice::control::snapshot
