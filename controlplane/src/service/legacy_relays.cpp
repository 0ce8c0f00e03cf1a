#include "legacy_relays.hpp"

#include <algorithm>
#include <vector>

namespace sluice::control {
namespace {

using nlohmann::json;

std::string shown(const json& relay)
{
    std::string text;
    for (const char c : relay.at("url").get_ref<const std::string&>()) {
        if (c == ',') {
            text += "%2C";
        } else {
            text += c;
        }
    }
    return text;
}

std::vector<std::string> split(const std::string& text)
{
    constexpr auto kSpace = " \t\n";
    std::vector<std::string> urls;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find(',', at), text.size());
        const auto part = text.substr(at, end - at);
        const auto first = part.find_first_not_of(kSpace);
        if (first != std::string::npos) {
            urls.push_back(part.substr(first, part.find_last_not_of(kSpace) - first + 1));
        }
        at = end + 1;
    }
    return urls;
}

}  // namespace

std::string legacy_relay_urls(const json& relays)
{
    std::string text;
    for (const auto& relay : relays) text += (text.empty() ? "" : ",") + shown(relay);
    return text;
}

std::string tidy_relay_urls(const std::string& text)
{
    std::string tidy;
    for (const auto& url : split(text)) tidy += (tidy.empty() ? "" : ",") + url;
    return tidy;
}

json legacy_relays(const json& relays, const std::string& text)
{
    const bool enabled = any_relay_enabled(relays);
    auto left = relays;
    json list = json::array();
    for (const auto& url : split(text)) {
        const auto known =
            std::ranges::find_if(left, [&](const json& relay) { return shown(relay) == url; });
        if (known == left.end()) {
            list.push_back(
                {{"url", url}, {"enabled", enabled}, {"source", "raw"}, {"hevc", "refuse"}});
        } else {
            list.push_back(*known);
            left.erase(known);
        }
    }
    return list;
}

bool any_relay_enabled(const json& relays)
{
    return std::ranges::any_of(relays,
                               [](const json& relay) { return relay.value("enabled", true); });
}

}  // namespace sluice::control
