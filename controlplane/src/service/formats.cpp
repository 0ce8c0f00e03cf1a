#include "formats.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "core/auth/address.hpp"
#include "core/auth/channel_id.hpp"
#include "network_reach.hpp"
#include "timestamp.hpp"
#include "url_parts.hpp"

namespace sluice::control::formats {
namespace {

constexpr std::array<std::string_view, 9> kReservedInChannel{
    "raw", "vod", "dvr", "s", "live", "master", "index", "manifest", "snapshot"};

bool all_of(std::string_view text, bool (*good)(char))
{
    return std::all_of(text.begin(), text.end(), good);
}

bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_visible(char c)
{
    return c > 0x20 && c < 0x7f;
}

bool is_host(std::string_view text)
{
    if (text.starts_with("*.")) text.remove_prefix(2);
    return !text.empty() && text.front() != '.' && text.back() != '.' &&
           text.find("..") == std::string_view::npos &&
           all_of(text, [](char c) { return is_alnum(c) || c == '-' || c == '.' || c == '_'; });
}

/// `scheme://something` with a host, without white space or control characters.
Complaint url_of(std::string_view text, std::initializer_list<std::string_view> schemes)
{
    std::string wanted;
    for (const auto scheme : schemes) {
        const auto start = std::string(scheme) + "://";
        wanted += (wanted.empty() ? "" : ", ") + start;
        if (!text.starts_with(start)) continue;
        const auto rest = text.substr(start.size());
        if (rest.empty() || rest.front() == '/' || !all_of(rest, is_visible)) {
            return "be a URL with a host and without white space";
        }
        return std::nullopt;
    }
    return "start with one of: " + wanted;
}

/// What is wrong with its host or port, as what will connect there reads them.
Complaint unreachable(const std::string& text)
{
    const auto parts = parts_of_url(text);
    if (!parts) return "be a URL with a host and, if any, a port up to 65535";
    if (reach_of(parts->host) != Reach::never) return std::nullopt;
    return "not be a link-local, multicast or unspecified address";
}

/// A parameter of a URL's query: of several the first, which is the one that FFmpeg takes.
std::optional<std::string_view> parameter_of(std::string_view url, std::string_view name)
{
    const auto start = url.find('?');
    auto query = start == url.npos ? std::string_view() : url.substr(start + 1);
    while (!query.empty()) {
        const auto pair = query.substr(0, query.find('&'));
        const auto equals = std::min(pair.find('='), pair.size());
        if (pair.substr(0, equals) == name) return pair.substr(std::min(equals + 1, pair.size()));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
    }
    return std::nullopt;
}

}  // namespace

Complaint channel_id(const std::string& text)
{
    if (auth::is_reserved_id(text)) return "not be one of the server's own names";
    if (auth::is_channel_id(text)) return std::nullopt;
    return "hold only A-Z, a-z, 0-9, _ and -";
}

Complaint key(const std::string& text)
{
    // The key goes into no URL itself, but users paste it through shells and forms.
    if (all_of(text, is_visible)) return std::nullopt;
    return "hold only visible ASCII characters and no white space";
}

Complaint timestamp(const std::string& text)
{
    if (parse_timestamp(text)) return std::nullopt;
    return "be an RFC 3339 time such as 2030-01-31T08:15:00Z";
}

Complaint address(const std::string& text)
{
    if (auth::parse_cidr(text)) return std::nullopt;
    return "be an IP address or a range such as 192.0.2.0/24";
}

Complaint host_pattern(const std::string& text)
{
    if (is_host(text)) return std::nullopt;
    return "be a host name, or one with *. in front for all below it";
}

Complaint origin(const std::string& text)
{
    constexpr auto kWanted = "be an origin such as https://example.com:8443, or * for any";
    if (text == "*") return std::nullopt;
    std::string_view host = text;
    if (!host.starts_with("http://") && !host.starts_with("https://")) return kWanted;
    host.remove_prefix(host.find("://") + 3);
    const auto colon = host.rfind(':');
    if (colon != std::string_view::npos && colon + 1 < host.size() &&
        all_of(host.substr(colon + 1), [](char c) { return c >= '0' && c <= '9'; })) {
        host = host.substr(0, colon);
    }
    if (!is_host(host)) return kWanted;
    return std::nullopt;
}

Complaint pull_url(const std::string& text)
{
    if (auto wrong = url_of(text, {"rtsp", "rtsps", "srt", "rtmp", "rtmps", "http", "https"}))
        return wrong;
    // That would open a port here, which nobody has published or guards.
    if (text.starts_with("srt://") && parameter_of(text, "mode").value_or("caller") != "caller")
        return "call the source: mode must be caller";
    return unreachable(text);
}

Complaint relay_url(const std::string& text)
{
    if (auto wrong = url_of(text, {"rtmp", "rtmps"})) return wrong;
    const auto path = text.find('/', text.find("://") + 3);
    if (path == std::string::npos || path + 1 == text.size())
        return "name an application and a stream behind the host";
    return unreachable(text);
}

Complaint web_url(const std::string& text)
{
    return url_of(text, {"http", "https"});
}

Complaint callback_url(const std::string& text)
{
    if (auto wrong = web_url(text)) return wrong;
    return unreachable(text);
}

Complaint color(const std::string& text)
{
    const bool hex = (text.size() == 7 || text.size() == 9) && text.front() == '#' &&
                     text.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string::npos;
    if (hex) return std::nullopt;
    return "be a colour such as #ffffff";
}

Complaint rendition(const std::string& text)
{
    const bool reserved = std::find(kReservedInChannel.begin(), kReservedInChannel.end(), text) !=
                          kReservedInChannel.end();
    if (reserved) return "not be one of the reserved names";
    const bool good = all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (good) return std::nullopt;
    return "hold only a-z, 0-9, _ and -";
}

}  // namespace sluice::control::formats
