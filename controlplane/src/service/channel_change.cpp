#include "channel_change.hpp"

#include <utility>

#include "../store/schema.hpp"
#include "audit.hpp"
#include "channel_document.hpp"
#include "channel_schema.hpp"
#include "formats.hpp"
#include "random.hpp"
#include "resolved_renditions.hpp"
#include "timestamp.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
namespace schema = store::schema;

constexpr std::size_t kKeyBytes = 20;  ///< 40 hex characters

/// Times in one form, whatever offset they came with; renditions by their own names.
void normalise(json& channel)
{
    auto& renditions = channel["transcode"]["renditions"];
    renditions = rendition_names(renditions);
    auto& expires = channel["expires_at"];
    if (expires.is_string()) {
        expires = format_timestamp(*parse_timestamp(expires.get<std::string>()));
    }
}

/// The body of PATCH and PUT may repeat the id, not change it.
void check_same_id(const json& body, const json& current, Findings& findings)
{
    if (body.is_object() && body.contains("id") && body["id"] != current.at("id")) {
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

struct Kind {
    const char* action;  ///< in the audit log
    const char* event;
};

Kind kind_of(const ChannelChange& change)
{
    if (change.before.is_null()) return {"channel.create", "channel.created"};
    if (change.after.is_null()) return {"channel.delete", "channel.deleted"};
    return {"channel.update", "channel.updated"};
}

}  // namespace

Result<json> new_channel(const json& body)
{
    Findings findings;
    check_channel(body, findings);
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());

    return completed_channel(body);
}

json completed_channel(const json& body)
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

json next_channel(const json& next, const json& current)
{
    return finish(next, current, false);
}

Result<json> patched_channel(const json& current, const json& patch)
{
    Findings findings;
    check_same_id(patch, current, findings);
    if (!patch.is_object()) {
        findings.shape = true;
        findings.add("body", "must be an object");
    }
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    auto next = own_fields(current);
    next.merge_patch(patch);
    return checked(next, current, false);
}

Result<json> replaced_channel(const json& current, const json& body)
{
    Findings findings;
    check_same_id(body, current, findings);
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    const bool names_key = body.is_object() && body.contains("playback") &&
                           body["playback"].is_object() && body["playback"].contains("key");
    return checked(body, current, !names_key);
}

Result<json> rekeyed_channel(const json& current, const json& key)
{
    static const Rule rule =
        rules::object({{"key", rules::text(1, 256).with(formats::key).or_null()}});
    Findings findings;
    check(rule, {{"key", key}}, "", findings);
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    auto next = own_fields(current);
    next["ingest"]["key"] = key.is_null() ? json(random_hex(kKeyBytes)) : key;
    return checked(next, current, false);
}

ChannelChange removal(std::string_view id, const store::Entry& entry)
{
    ChannelChange change{std::string(id), {{"id", id}}, nullptr, entry.version};
    if (auto channel = from_stored(entry)) change.before = std::move(*channel);
    return change;
}

void add_operations(const ChannelChange& change, const Caller& by, const Journal& journal,
                    std::vector<store::Operation>& work)
{
    const auto& there = change.after.is_null() ? change.before : change.after;
    const auto kind = kind_of(change);
    json data{{"name", there.value("name", "")}};
    const bool updated = !change.before.is_null() && !change.after.is_null();
    if (updated) {
        data["changed"] =
            audit::changed_fields(own_fields(change.before), own_fields(change.after));
    }
    const auto key = schema::channel(change.id);
    work.push_back(change.after.is_null()
                       ? store::remove(key, change.version)
                       : store::put(key, to_stored(change.after), change.version));
    static const json kDefaults = complete(channel_rule(), json::object());
    work.push_back(audit::entry(
        by, {kind.action, change.id, change.before, change.after, &channel_rule(), &kDefaults}));
    work.push_back(journal.entry({kind.event, change.id, now_ms(), std::move(data)}));
}

}  // namespace sluice::control
