#include "channel_record.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "channel_document.hpp"
#include "timestamp.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

std::vector<auth::Cidr> addresses(const json& list)
{
    std::vector<auth::Cidr> out;
    for (const auto& item : list) {
        // Checked when it was stored; a rule that grew stricter since then drops, never widens:
        // an unreadable entry must not turn the list into an empty one, which means everybody.
        if (auto range = auth::parse_cidr(item.get<std::string>())) {
            out.push_back(*range);
        } else {
            out.push_back({.network = {}, .prefix = 128});  // the unspecified address: nobody
        }
    }
    return out;
}

std::vector<std::string> texts(const json& list)
{
    return list.get<std::vector<std::string>>();
}

std::string text_or_empty(const json& value)
{
    return value.is_string() ? value.get<std::string>() : std::string();
}

channel::Auth auth_of(const json& value)
{
    return value == "open" ? channel::Auth::open : channel::Auth::signature;
}

/// What nginx needs to know of the callback; a channel of an earlier release has none.
std::optional<channel::Authorise> authorise(const json& in)
{
    if (!in.value("authorise_url", json()).is_string()) return std::nullopt;
    return channel::Authorise{.timeout_ms = in.at("authorise_timeout_ms").get<std::uint32_t>(),
                              .allow_on_failure = in.at("authorise_on_failure") == "allow"};
}

channel::Ingest ingest(const json& in, const json& key)
{
    return {.auth = auth_of(in.at("auth")),
            .key = text_or_empty(key),
            .on_duplicate = in.at("on_duplicate") == "replace" ? channel::OnDuplicate::replace
                                                               : channel::OnDuplicate::reject,
            .allow_ips = addresses(in.at("allow_ips")),
            .reconnect_window_ms = in.at("reconnect_window_s").get<std::uint32_t>() * 1000,
            .authorise = authorise(in)};
}

channel::Playback playback(const json& in, const std::string& key)
{
    return {.auth = auth_of(in.at("auth")),
            .key = key,
            .allow_referers = texts(in.at("allow_referers")),
            .allow_origins = texts(in.at("allow_origins")),
            .allow_ips = addresses(in.at("allow_ips")),
            .max_viewers = in.at("max_viewers").get<std::uint32_t>(),
            .authorise = authorise(in)};
}

/// 0 means never. A date before 1970 is merely long past, and so is one that can't be read: what
/// was to end must not go on for ever.
std::int64_t expiry(const json& value)
{
    if (!value.is_string()) return 0;
    return std::max<std::int64_t>(parse_timestamp(value.get<std::string>()).value_or(1), 1);
}

}  // namespace

channel::Channel to_record(const json& stored)
{
    const auto& secrets = stored.contains(kSecrets) ? stored.at(kSecrets) : stored;
    const auto& outputs = stored.at("outputs");
    const auto& packaging = stored.at("packaging");

    channel::Channel out{.id = stored.at("id").get<std::string>(),
                         .version = stored.at("version").get<std::uint64_t>(),
                         .enabled = stored.at("enabled").get<bool>(),
                         .expires_at_s = expiry(stored.at("expires_at")),
                         .ingest = ingest(stored.at("ingest"), secrets.at("ingest").at("key"))};
    out.outputs = {.flv = outputs.at("flv"),
                   .hls = outputs.at("hls"),
                   .cmaf = outputs.at("cmaf"),
                   .rtmp = outputs.at("rtmp")};
    out.packaging = {.segment_ms = packaging.at("segment_s").get<std::uint32_t>() * 1000,
                     .part_ms = packaging.at("part_ms"),
                     .list_size = packaging.at("list_size"),
                     .dvr_window_s = packaging.at("dvr_window_s")};
    const auto key = text_or_empty(secrets.at("playback").at("key"));
    out.playback = playback(stored.at("playback"), key.empty() ? out.ingest.key : key);
    return out;
}

}  // namespace sluice::control
