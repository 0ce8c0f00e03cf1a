#include "channel_document.hpp"

#include "channel_schema.hpp"

namespace sluice::control {

using nlohmann::json;

namespace {

/// `head` is a document without its end. An earlier release stored the version too: the last member
/// by name, so it is cut off here.
std::string with_version(std::string head, std::uint64_t version)
{
    static constexpr std::string_view kStart = ",\"version\":";
    const auto at = head.rfind(kStart);
    const bool last = at != std::string::npos &&
                      head.find_first_not_of("0123456789", at + kStart.size()) == std::string::npos;
    if (last) head.resize(at);
    return head.append(kStart).append(std::to_string(version)).append("}");
}

/// Gives a document of an earlier release the members that it does not know, at their defaults.
void fill(const Rule& rule, json& value)
{
    for (const auto& field : rule.fields) {
        if (field.rule.read_only || field.rule.hidden) continue;
        if (!value.contains(field.name)) {
            value[field.name] = complete(field.rule, field.rule.preset);
        } else if (field.rule.kind == Rule::Kind::object) {
            fill(field.rule, value[field.name]);
        } else if (field.rule.kind == Rule::Kind::list &&
                   field.rule.item.front().kind == Rule::Kind::object) {
            for (auto& item : value[field.name]) fill(field.rule.item.front(), item);
        }
    }
}

/// The member that the newest release added: a text without it is of an earlier one.
constexpr std::string_view kNewest = "\"on_failure\":";

}  // namespace

std::string to_stored(const json& channel)
{
    auto stored = without_secrets(channel_rule(), channel);
    stored.erase("version");
    stored[kSecrets] = only_secrets(channel_rule(), channel);
    return stored.dump();
}

Result<json> from_stored(const store::Entry& entry)
{
    auto channel = json::parse(entry.value, nullptr, false);
    if (!channel.is_object()) return fail(Errc::internal, "a stored channel is damaged");
    if (channel.contains(kSecrets)) {
        const auto secrets = channel[kSecrets];
        channel.erase(kSecrets);
        channel.update(secrets, true);
    }
    fill(channel_rule(), channel);
    channel["version"] = entry.version;
    return channel;
}

Result<std::string> shown_text(const store::Entry& entry)
{
    // Inside a JSON string the quotes would be escaped: this is found only as a member's name. The
    // first one it must be: what the older API keeps within may have members of any name.
    static const std::string start = std::string(",\"") + kSecrets + "\":";
    const auto at = entry.value.find(start);
    if (at != std::string::npos && entry.value.find(kNewest) < at) {
        return with_version(entry.value.substr(0, at), entry.version);
    }
    return from_stored(entry).map(
        [](json&& channel) { return without_secrets(channel_rule(), std::move(channel)).dump(); });
}

}  // namespace sluice::control
