#include "channels.hpp"

#include <algorithm>
#include <utility>

#include "../store/schema.hpp"
#include "audit.hpp"
#include "channel_document.hpp"
#include "channel_schema.hpp"
#include "core/auth/channel_id.hpp"
#include "formats.hpp"
#include "legacy_channel.hpp"
#include "random.hpp"
#include "timestamp.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
namespace schema = store::schema;

constexpr std::size_t kKeyBytes = 20;  ///< 40 hex characters
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

/// Times in one form, whatever offset they came with.
void normalise(json& channel)
{
    auto& expires = channel["expires_at"];
    if (expires.is_string()) {
        expires = format_timestamp(*parse_timestamp(expires.get<std::string>()));
    }
}

/// The body of PATCH and PUT may repeat the id, not change it.
void check_same_id(const json& body, std::string_view id, Findings& findings)
{
    if (body.is_object() && body.contains("id") && body["id"] != json(std::string(id))) {
        findings.add("id", "can't be changed");
    }
}

/// Fills what `next` leaves out from the schema, and its secrets from `current`.
json finish(const json& next, const json& current, bool keep_playback_key)
{
    auto channel = complete(channel_rule(), next);
    channel["id"] = current.at("id");
    auto& key = channel["ingest"]["key"];
    if (key.is_null()) key = current.at("ingest").at("key");
    if (keep_playback_key) channel["playback"]["key"] = current.at("playback").at("key");
    if (!next.contains(kLegacy) && current.contains(kLegacy)) channel[kLegacy] = current[kLegacy];
    channel["created_at"] = current.at("created_at");
    channel["updated_at"] = format_timestamp(now_s());
    normalise(channel);
    return channel;
}

Result<json> checked(const json& next, const json& current, bool keep_playback_key)
{
    Findings findings;
    check_channel(next, findings);
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    return finish(next, current, keep_playback_key);
}

/// Without what only the older API knows: a request that names it is refused like any unknown
/// field.
json own_fields(json channel)
{
    channel.erase(kLegacy);
    return channel;
}

/// The document of a new channel; all that its maker left out has its default.
json fresh(const json& body)
{
    auto channel = complete(channel_rule(), body);
    if (!body.contains("id")) channel["id"] = random_uuid();
    auto& key = channel["ingest"]["key"];
    if (key.is_null()) key = random_hex(kKeyBytes);
    const auto now = format_timestamp(now_s());
    channel["created_at"] = now;
    channel["updated_at"] = now;
    normalise(channel);
    return channel;
}

enum class Kind { created, updated, deleted };

/// Adds the entries that a change leaves in the audit log and the journal. `before` and `after` are
/// null where there is no such document.
void note(std::vector<store::Operation>& work, const Journal& journal, const Caller& by, Kind kind,
          const json& before, const json& after)
{
    const auto& there = after.is_null() ? before : after;
    const auto id = there.at("id").get<std::string>();
    const auto* action = kind == Kind::created   ? "channel.create"
                         : kind == Kind::updated ? "channel.update"
                                                 : "channel.delete";
    const auto* type = kind == Kind::created   ? "channel.created"
                       : kind == Kind::updated ? "channel.updated"
                                               : "channel.deleted";
    json data{{"name", there.value("name", "")}};
    if (kind == Kind::updated) {
        data["changed"] = audit::changed_fields(own_fields(before), own_fields(after));
    }
    static const json kDefaults = complete(channel_rule(), json::object());
    work.push_back(audit::entry(by, {action, id, before, after, &channel_rule(), &kDefaults}));
    work.push_back(journal.entry({type, id, now_ms(), std::move(data)}));
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

Result<Channels::Written> Channels::create(const Caller& by, const json& body,
                                           const std::optional<OnceOnly>& once)
{
    return insert(by, once, [&]() -> Result<json> {
        Findings findings;
        check_channel(body, findings);
        if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
        return fresh(body);
    });
}

Result<Channels::Written> Channels::create_legacy(const Caller& by, const json& body,
                                                  const std::optional<OnceOnly>& once)
{
    return insert(by, once, [&] { return legacy_create(body).map(fresh); });
}

Result<Channels::Written> Channels::insert(const Caller& by, const std::optional<OnceOnly>& once,
                                           const Prepare& prepare)
{
    // The key of a repeated request is looked up before and after: two of them may race.
    const auto replay = [&]() -> Result<std::optional<Written>> {
        if (!once) return std::optional<Written>{};
        auto answer = idempotency_.find(*once);
        if (!answer) return tl::unexpected(answer.error());
        if (!*answer) return std::optional<Written>{};
        auto channel = (*answer)->answer;
        // It was made in the same transaction: its first version is that of the memory.
        channel["version"] = (*answer)->version;
        return std::optional{Written{std::move(channel), apply_(), true}};
    };
    if (auto before = replay(); !before || *before) {
        if (!before) return tl::unexpected(before.error());
        return **before;
    }
    auto channel = prepare();
    if (!channel) return tl::unexpected(channel.error());

    const auto id = channel->at("id").get<std::string>();
    std::vector<store::Operation> work{store::put(schema::channel(id), to_stored(*channel), 0)};
    note(work, journal_, by, Kind::created, nullptr, *channel);
    if (once) {
        const auto answer = without_secrets(channel_rule(), *channel);
        work.push_back(idempotency_.remember(*once, answer, now_s()));
    }
    auto done = store_.commit(std::move(work));
    if (done) {
        (*channel)["version"] = *done;
        return Written{std::move(*channel), committed(), false};
    }
    if (done.error().code != Errc::precondition) return tl::unexpected(done.error());
    if (auto after = replay(); !after || *after) {
        if (!after) return tl::unexpected(after.error());
        return **after;
    }
    return fail(Errc::conflict, "a channel " + id + " exists already", {{"id", "exists already"}});
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

Result<Channels::Written> Channels::change(const Caller& by, std::string_view id,
                                           const std::optional<IfMatch>& match, const Change& next)
{
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        auto entry = find(id);
        if (!entry) return tl::unexpected(entry.error());
        if (match && !match->holds(entry->version)) {
            return fail(Errc::precondition, "the channel has version " +
                                                std::to_string(entry->version) +
                                                " now: read it again");
        }
        auto before = from_stored(*entry);
        if (!before) return tl::unexpected(before.error());
        auto channel = next(*before);
        if (!channel) return tl::unexpected(channel.error());
        (*channel)["version"] = entry->version + 1;
        std::vector<store::Operation> work{
            store::put(entry->key, to_stored(*channel), entry->version)};
        note(work, journal_, by, Kind::updated, *before, *channel);
        auto done = store_.commit(std::move(work));
        if (done) return Written{std::move(*channel), committed(), false};
        if (done.error().code != Errc::precondition) return tl::unexpected(done.error());
        // Somebody else was faster: with If-Match the next round says so.
    }
    return fail(Errc::unavailable, "the channel is being changed by many others: try again");
}

Result<Channels::Written> Channels::patch(const Caller& by, std::string_view id, const json& patch,
                                          const std::optional<IfMatch>& match)
{
    return change(by, id, match, [&](const json& current) -> Result<json> {
        Findings findings;
        check_same_id(patch, id, findings);
        if (!patch.is_object()) {
            findings.shape = true;
            findings.add("body", "must be an object");
        }
        if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
        auto next = own_fields(current);
        next.merge_patch(patch);
        return checked(next, current, false);
    });
}

Result<Channels::Written> Channels::change_legacy(const Caller& by, std::string_view id,
                                                  const json& body,
                                                  const std::optional<IfMatch>& match)
{
    return change(by, id, match, [&](const json& current) {
        return legacy_change(current, body).map([&](const json& next) {
            return finish(next, current, false);
        });
    });
}

Result<Channels::Written> Channels::replace(const Caller& by, std::string_view id, const json& body,
                                            const std::optional<IfMatch>& match)
{
    return change(by, id, match, [&](const json& current) -> Result<json> {
        Findings findings;
        check_same_id(body, id, findings);
        if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
        const bool names_key = body.is_object() && body.contains("playback") &&
                               body["playback"].is_object() && body["playback"].contains("key");
        return checked(body, current, !names_key);
    });
}

Result<bool> Channels::remove(const Caller& by, std::string_view id,
                              const std::optional<IfMatch>& match)
{
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        auto entry = find(id);
        if (!entry) return tl::unexpected(entry.error());
        if (match && !match->holds(entry->version)) {
            return fail(Errc::precondition, "the channel has another version now: read it again");
        }
        auto before = from_stored(*entry);
        // Damaged or not: what can't be read must still be possible to delete.
        if (!before) before = json{{"id", id}};
        std::vector<store::Operation> work{store::remove(entry->key, entry->version)};
        note(work, journal_, by, Kind::deleted, *before, nullptr);
        auto done = store_.commit(std::move(work));
        if (done) return committed();
        if (done.error().code != Errc::precondition) return tl::unexpected(done.error());
    }
    return fail(Errc::unavailable, "the channel is being changed by many others: try again");
}

Result<Channels::Written> Channels::rotate_key(const Caller& by, std::string_view id,
                                               const json& key, const std::optional<IfMatch>& match)
{
    static const Rule rule =
        rules::object({{"key", rules::text(1, 256).with(formats::key).or_null()}});
    Findings findings;
    check(rule, {{"key", key}}, "", findings);
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    return change(by, id, match, [&](const json& current) -> Result<json> {
        auto next = own_fields(current);
        next["ingest"]["key"] = key.is_null() ? json(random_hex(kKeyBytes)) : key;
        return checked(next, current, false);
    });
}

Result<void> Channels::note_kick(const Caller& by, std::string_view id, const std::string& reason)
{
    const json why{{"reason", reason}};
    return store_.commit({audit::entry(by, {"channel.kick", std::string(id), nullptr, why})})
        .map([](store::Revision) {});
}

}  // namespace sluice::control
