#include "channel_document.hpp"

#include "channel_schema.hpp"

namespace sluice::control {

using nlohmann::json;

std::string to_stored(const json& channel)
{
    auto stored = without_secrets(channel_rule(), channel);
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
    channel["version"] = entry.version;
    return channel;
}

Result<std::string> shown_text(const store::Entry& entry)
{
    // Inside a JSON string the quotes would be escaped: this is found only as a member's name.
    static const std::string start = std::string(",\"") + kSecrets + "\":";
    const auto at = entry.value.rfind(start);
    if (at != std::string::npos) return entry.value.substr(0, at) + "}";
    return from_stored(entry).map(
        [](json&& channel) { return without_secrets(channel_rule(), std::move(channel)).dump(); });
}

}  // namespace sluice::control
