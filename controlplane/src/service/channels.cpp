#include "channels.hpp"

#include <utility>

#include "../store/schema.hpp"
#include "audit.hpp"
#include "channel_document.hpp"
#include "channel_references.hpp"
#include "channel_schema.hpp"
#include "core/auth/channel_id.hpp"
#include "legacy_channel.hpp"
#include "timestamp.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
namespace schema = store::schema;

/// An early release let ids in that no URL can name: 64 characters of up to four bytes. They can be
/// read and deleted like any other.
constexpr std::size_t kLongestStoredId = 256;
constexpr int kAttempts = 20;  ///< of an unconditional change that others outrun

Error no_such_channel(std::string_view id)
{
    // An id that could be none is not repeated: it is the caller's arbitrary text.
    return {Errc::not_found,
            auth::is_channel_id(id) ? "there is no channel " + std::string(id)
                                    : std::string("there is no such channel"),
            {}};
}

ChannelChanges only(ChannelChange change)
{
    ChannelChanges changes;
    changes.push_back(std::move(change));
    return changes;
}

}  // namespace

Channels::Channels(store::Store& store, const Journal& journal, Apply apply)
    : store_(store), journal_(journal), apply_(std::move(apply)), index_(store), idempotency_(store)
{}

/// What every change does once it is durable; true when it is in force.
bool Channels::committed()
{
    // A search that could not follow now tries again itself and reports why.
    static_cast<void>(index_.follow());
    return apply_();
}

Result<Channels::Committed> Channels::commit(const Caller& by, const Plan& plan,
                                             const Besides& besides)
{
    const auto& once = besides.once;
    if (once) {
        if (auto room = idempotency_.make_room(now_s()); !room) return tl::unexpected(room.error());
    }
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        // Looked up in every round: two requests with the same key may race.
        if (once) {
            auto answer = idempotency_.find(*once);
            if (!answer) return tl::unexpected(answer.error());
            if (*answer) return Committed{{}, apply_(), std::move(**answer)};
        }
        auto changes = plan();
        if (!changes) return tl::unexpected(changes.error());
        std::vector<store::Operation> work;
        if (besides.templates) {
            for (const auto& change : besides.templates())
                add_operations(change, by, journal_, work);
        }
        if (auto held = hold_references(store_, *changes, work); !held) {
            if (held.error().code == Errc::precondition) continue;
            return tl::unexpected(held.error());
        }
        for (auto& change : *changes) {
            if (change.after.is_object() && change.version != 0) {
                change.after["version"] = change.version + 1;
            }
            add_operations(change, by, journal_, work);
        }
        if (once) work.push_back(idempotency_.remember(*once, besides.answer(*changes), now_s()));
        if (besides.summary && !changes->empty())
            work.push_back(audit::entry(by, besides.summary(*changes)));
        if (work.empty()) return Committed{{}, apply_(), {}};
        auto done = store_.commit_bulk(std::move(work));
        if (done) {
            for (auto& change : *changes) {
                if (change.before.is_null()) change.after["version"] = *done;
            }
            return Committed{std::move(*changes), committed(), {}};
        }
        if (done.error().code != Errc::precondition) return tl::unexpected(done.error());
        // Somebody else was faster: with If-Match the next round says so.
    }
    return fail(Errc::unavailable,
                "what is to be changed is being changed by many others: try again");
}

Result<Channels::Written> Channels::create(const Caller& by, const json& body,
                                           const std::optional<OnceOnly>& once)
{
    return insert(by, once, [&] { return new_channel(body); });
}

Result<Channels::Written> Channels::create_legacy(const Caller& by, const json& body,
                                                  const std::optional<OnceOnly>& once)
{
    return insert(by, once, [&] { return legacy_create(body).map(completed_channel); });
}

Result<Channels::Written> Channels::insert(const Caller& by, const std::optional<OnceOnly>& once,
                                           const Prepare& prepare)
{
    const auto plan = [&] {
        return prepare()
            .and_then([this](json&& channel) { return creation(std::move(channel)); })
            .map(only);
    };
    const auto answer = [](const ChannelChanges& changes) {
        return without_secrets(channel_rule(), changes.front().after);
    };
    auto done = commit(by, plan, {.once = once, .answer = answer, .templates = {}, .summary = {}});
    if (!done) return tl::unexpected(done.error());
    if (!done->replayed) {
        return Written{std::move(done->changes.front().after), done->applied, false};
    }
    auto channel = std::move(done->replayed->answer);
    // It was made in the same transaction: its first version is that of the memory.
    channel["version"] = done->replayed->version;
    return Written{std::move(channel), done->applied, true};
}

Result<ChannelChange> Channels::creation(json channel) const
{
    auto id = channel.at("id").get<std::string>();
    auto there = store_.get(schema::channel(id));
    if (!there) return tl::unexpected(there.error());
    if (*there) {
        return fail(Errc::conflict, "a channel " + id + " exists already",
                    {{"id", "exists already"}});
    }
    if (auto fine = check_references(store_, nullptr, channel); !fine)
        return tl::unexpected(fine.error());
    return ChannelChange{std::move(id), nullptr, std::move(channel), 0};
}

Result<store::Entry> Channels::find(std::string_view id) const
{
    if (id.empty() || id.size() > kLongestStoredId) return tl::unexpected(no_such_channel(id));
    auto entry = store_.get(schema::channel(id));
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return tl::unexpected(no_such_channel(id));
    return std::move(**entry);
}

Result<json> Channels::get(std::string_view id) const
{
    return find(id).and_then(from_stored);
}

Result<Channels::Shown> Channels::shown(std::string_view id) const
{
    auto entry = find(id);
    if (!entry) return tl::unexpected(entry.error());
    return shown_text(*entry).map([&](std::string&& text) {
        return Shown{std::move(text), entry->version};
    });
}

Result<Channels::Entries> Channels::entries(std::size_t limit, std::string_view cursor,
                                            std::string_view q, const Wanted& wanted)
{
    Entries list;
    if (q.empty() && !wanted) {
        const auto after = cursor.empty() ? std::string() : schema::channel(cursor);
        auto page = store_.list(schema::kChannels, after, limit);
        if (!page) return tl::unexpected(page.error());
        list.items = std::move(page->items);
        if (page->more) list.next_cursor = list.items.back().key.substr(schema::kChannels.size());
        return list;
    }
    auto found = index_.search(q, cursor, limit, wanted);
    if (!found) return tl::unexpected(found.error());
    for (const auto& id : found->ids) {
        auto entry = find(id);
        if (entry) list.items.push_back(std::move(*entry));
        // Deleted since the search: no error, just not there.
        if (!entry && entry.error().code != Errc::not_found) return tl::unexpected(entry.error());
    }
    if (found->more) list.next_cursor = found->ids.back();
    return list;
}

Result<Channels::List> Channels::list(std::size_t limit, std::string_view cursor,
                                      std::string_view q, const Wanted& wanted)
{
    auto page = entries(limit, cursor, q, wanted);
    if (!page) return tl::unexpected(page.error());
    List list{.items = {}, .next_cursor = std::move(page->next_cursor)};
    for (const auto& entry : page->items) {
        auto text = shown_text(entry);
        if (!text) return tl::unexpected(text.error());
        list.items.push_back(std::move(*text));
    }
    return list;
}

Result<Channels::Documents> Channels::documents(std::size_t limit, std::string_view cursor,
                                                std::string_view q, const Wanted& wanted)
{
    auto page = entries(limit, cursor, q, wanted);
    if (!page) return tl::unexpected(page.error());
    Documents list{.items = {}, .next_cursor = std::move(page->next_cursor)};
    for (const auto& entry : page->items) {
        auto channel = from_stored(entry);
        if (!channel) return tl::unexpected(channel.error());
        list.items.push_back(std::move(*channel));
    }
    return list;
}

Result<store::Entry> Channels::find(std::string_view id, const std::optional<IfMatch>& match) const
{
    auto entry = find(id);
    if (!entry || !match || match->holds(entry->version)) return entry;
    return fail(Errc::precondition, "the channel has version " + std::to_string(entry->version) +
                                        " now: read it again");
}

Result<ChannelChange> Channels::update(std::string_view id, const std::optional<IfMatch>& match,
                                       const Change& next) const
{
    auto entry = find(id, match);
    if (!entry) return tl::unexpected(entry.error());
    auto before = from_stored(*entry);
    if (!before) return tl::unexpected(before.error());
    auto after = next(*before);
    if (!after) return tl::unexpected(after.error());
    if (auto fine = check_references(store_, *before, *after); !fine)
        return tl::unexpected(fine.error());
    return ChannelChange{std::string(id), std::move(*before), std::move(*after), entry->version};
}

Result<Channels::Written> Channels::change(const Caller& by, std::string_view id,
                                           const std::optional<IfMatch>& match, const Change& next)
{
    return commit(by, [&] { return update(id, match, next).map(only); }).map([](Committed&& done) {
        return Written{std::move(done.changes.front().after), done.applied, false};
    });
}

Result<Channels::Written> Channels::patch(const Caller& by, std::string_view id, const json& patch,
                                          const std::optional<IfMatch>& match)
{
    return change(by, id, match,
                  [&](const json& current) { return patched_channel(current, patch); });
}

Result<Channels::Written> Channels::change_legacy(const Caller& by, std::string_view id,
                                                  const json& body,
                                                  const std::optional<IfMatch>& match)
{
    return change(by, id, match, [&](const json& current) {
        return legacy_change(current, body).map([&](const json& next) {
            return next_channel(next, current);
        });
    });
}

Result<Channels::Written> Channels::replace(const Caller& by, std::string_view id, const json& body,
                                            const std::optional<IfMatch>& match)
{
    return change(by, id, match,
                  [&](const json& current) { return replaced_channel(current, body); });
}

Result<bool> Channels::remove(const Caller& by, std::string_view id,
                              const std::optional<IfMatch>& match)
{
    const auto plan = [&] {
        return find(id, match).map(
            [&](const store::Entry& entry) { return only(removal(id, entry)); });
    };
    return commit(by, plan).map([](const Committed& done) { return done.applied; });
}

Result<Channels::Written> Channels::rotate_key(const Caller& by, std::string_view id,
                                               const json& key, const std::optional<IfMatch>& match)
{
    return change(by, id, match,
                  [&](const json& current) { return rekeyed_channel(current, key); });
}

Result<void> Channels::note_kick(const Caller& by, std::string_view id, const std::string& reason)
{
    const json why{{"reason", reason}};
    return store_.commit({audit::entry(by, {"channel.kick", std::string(id), nullptr, why})})
        .map([](store::Revision) {});
}

}  // namespace sluice::control
