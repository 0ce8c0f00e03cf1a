#include "legacy_channel.hpp"

#include <algorithm>
#include <string>

#include "channel_record.hpp"
#include "channel_schema.hpp"
#include "core/auth/signature.hpp"
#include "legacy_field.hpp"
#include "rule.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
using Kind = LegacyField::Kind;

const LegacyField* field_named(std::string_view name)
{
    const auto fields = legacy_fields();
    const auto found = std::ranges::find(fields, name, &LegacyField::name);
    return found == fields.end() ? nullptr : &*found;
}

/// Ours: made from the channel, whatever comes in.
bool is_derived(std::string_view name)
{
    return name == "id" || name == "key";
}

/// What a field without counterpart may hold; others are judged with the channel.
Rule kept_rule(const LegacyField& field)
{
    constexpr long long kMaxWhole = 1'000'000;
    constexpr long long kMaxText = 64;
    if (field.kind == Kind::boolean) return rules::boolean(false);
    if (field.kind == Kind::whole) return rules::integer(0, kMaxWhole, 0);
    return rules::text(0, kMaxText);
}

/// Puts one known field of the body in its place.
void take(const LegacyField& field, const json& sent, json& channel, Findings& findings)
{
    const std::string name(field.name);
    const auto parsed = parse_legacy(field, sent);
    if (!parsed.complaint.empty()) {
        findings.shape = findings.shape || parsed.shape;
        return findings.add(name, parsed.complaint);
    }
    if (field.read == nullptr) {
        check(kept_rule(field), parsed.value, name, findings);
    } else if (field.read(field, channel) != parsed.value) {
        field.write(field, channel, parsed.value);
    }
}

json plain_value(const LegacyField& field, const json& channel)
{
    return field.read == nullptr ? field.preset : field.read(field, channel);
}

/// Keeps what the channel's own fields can't say.
void keep(const json& body, const json& channel, json& kept)
{
    for (const auto& [name, sent] : body.items()) {
        const auto* field = field_named(name);
        if (is_derived(name)) continue;
        if (field != nullptr && plain_value(*field, channel) == sent) {
            kept.erase(name);
        } else {
            kept[name] = sent;
        }
    }
}

void check_kept(const json& kept, Findings& findings)
{
    const auto unknown = std::ranges::count_if(
        kept.items(), [](const auto& item) { return field_named(item.key()) == nullptr; });
    if (static_cast<std::size_t>(unknown) > kMaxLegacyUnknown) {
        findings.add("body", "may hold at most " + std::to_string(kMaxLegacyUnknown) +
                                 " fields that this API does not know");
    }
    if (kept.dump().size() > kMaxLegacyBytes) {
        findings.add("body", "holds more than " + std::to_string(kMaxLegacyBytes) +
                                 " bytes that this API has no place for");
    }
}

/// The older field that a channel's field at `path` came from.
std::string legacy_name(const std::string& path)
{
    for (const auto& field : legacy_fields()) {
        const std::string own(field.path);
        if (!own.empty() && (path == own || path.starts_with(own + "["))) {
            return std::string(field.name);
        }
    }
    return path;
}

/// What is wrong with the channel that came out, in the older API's names.
void check_result(const json& channel, Findings& findings)
{
    auto visible = channel;
    visible.erase(kLegacy);
    Findings found;
    check_channel(visible, found);
    findings.shape = findings.shape || found.shape;
    for (const auto& wrong : found.fields) {
        const auto name = legacy_name(wrong.field);
        const bool image = wrong.field == "watermark.image.url" && wrong.message.starts_with("or ");
        findings.add(name, image ? "must be given when isImageWaterMark is true" : wrong.message);
    }
}

/// `isRelay` has no place of its own in a channel: it is its relays'.
void check_relay(const json& body, const json& before, const json& after, Findings& findings)
{
    if (!after.at("relays").empty()) return;
    const auto& field = *field_named("isRelay");
    const auto wanted = body.contains("isRelay") ? parse_legacy(field, body["isRelay"]).value
                                                 : field.read(field, before);
    if (wanted == json(true)) findings.add("relayURL", "must be given when isRelay is true");
}

Result<json> changed(const json& current, const json& body)
{
    auto channel = current;
    Findings findings;
    for (const auto& field : legacy_fields()) {
        const auto sent = body.find(field.name);
        if (sent != body.end()) take(field, *sent, channel, findings);
    }
    check_relay(body, current, channel, findings);
    auto kept = current.value(kLegacy, json::object());
    keep(body, channel, kept);
    check_kept(kept, findings);
    channel.erase(kLegacy);
    check_result(channel, findings);
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    if (!kept.empty() || current.contains(kLegacy)) channel[kLegacy] = std::move(kept);
    return channel;
}

Result<void> check_object(const json& body)
{
    if (body.is_object()) return {};
    return fail(Errc::malformed, "the body must be an object", {{"body", "must be an object"}});
}

/// The key as existing encoders and tools make it.
std::string push_key(const json& stored)
{
    const auto channel = to_record(stored);
    const auto end = channel.expires_at_s > 0 ? channel.expires_at_s : auth::kNeverExpires;
    return auth::sign_push(channel.id, end, channel.ingest.key, auth::SignatureKind::md5);
}

/// The value as it was sent when it still says what the channel says, else in its plain form.
json shown(const LegacyField& field, const json& channel, const json& kept)
{
    const auto sent = kept.find(field.name);
    auto value = plain_value(field, channel);
    if (sent == kept.end()) return value;
    if (field.read == nullptr) return *sent;
    const auto parsed = parse_legacy(field, *sent);
    if (parsed.complaint.empty() && parsed.value == value) return *sent;
    return value;
}

}  // namespace

Result<json> legacy_create(const json& body)
{
    if (auto fine = check_object(body); !fine) return tl::unexpected(fine.error());
    auto channel = complete(channel_rule(), json::object());
    for (const auto& field : legacy_fields()) {
        if (field.read == nullptr || field.read(field, channel) == field.preset) continue;
        field.write(field, channel, field.preset);
    }
    // Where the older service put a text that had no place.
    channel["watermark"]["text"]["position"] = "top_left";
    if (body.contains("id")) {
        channel["id"] = body["id"];
    } else {
        channel.erase("id");
    }
    return changed(channel, body);
}

Result<json> legacy_change(const json& current, const json& body)
{
    if (auto fine = check_object(body); !fine) return tl::unexpected(fine.error());
    if (body.contains("id") && body["id"] != current.at("id")) {
        return fail(Errc::invalid, "id can't be changed", {{"id", "can't be changed"}});
    }
    return changed(current, body);
}

json legacy_item(const json& channel, bool with_key)
{
    const auto kept = channel.value(kLegacy, json::object());
    auto item = kept;
    for (const auto& field : legacy_fields()) {
        item[std::string(field.name)] = shown(field, channel, kept);
    }
    item["id"] = channel.at("id");
    item["key"] = push_key(channel);
    if (!with_key) {
        item.erase("key");
        item.erase("relayURL");
    }
    return item;
}

}  // namespace sluice::control
