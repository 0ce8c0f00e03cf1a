#include "record_cache.hpp"

#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "../log.hpp"
#include "../service/channel_document.hpp"
#include "../service/channel_record.hpp"
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

Result<bool> RecordCache::read_changes()
{
    auto changes = store_.watch(schema::kChannels, *seen_, 0ms);
    if (!changes) return tl::unexpected(changes.error());
    bool different = false;
    for (const auto& change : changes->items) {
        auto changed = read_one(change.key);
        if (!changed) return changed;
        different |= *changed;
    }
    seen_ = changes->revision;
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
        const auto document = from_stored(entry);
        if (!document) return leave_out(id);
        const auto hooks = hooks_ ? hooks_(*document) : std::vector<channel::Hook>();
        auto bytes = channel::encode(to_record(*document), hooks);
        auto& record = records_[id];
        if (record == bytes) return false;
        record = std::move(bytes);
        return true;
    } catch (const std::exception&) {
        return leave_out(id);
    }
}

bool RecordCache::leave_out(const std::string& id)
{
    log(Level::error, {{"msg", "a stored channel can't be read and is left out"}, {"channel", id}});
    return records_.erase(id) > 0;
}

}  // namespace sluice::control::snapshot
