#include "access.hpp"

#include <algorithm>

#include "core/auth/channel_id.hpp"

namespace sluice::channel {
namespace {

using auth::Reason;
using Verdict = std::optional<Reason>;

bool equal_folded(std::string_view a, std::string_view b)
{
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

/// "*.example.com" stands for every name below example.com, not for example.com itself.
bool host_matches(std::string_view pattern, std::string_view host)
{
    if (!pattern.starts_with("*.")) return equal_folded(pattern, host);
    const auto tail = pattern.substr(1);
    return host.size() > tail.size() && equal_folded(tail, host.substr(host.size() - tail.size()));
}

/// Splits "scheme://authority/…"; both empty when it is no such URL.
struct UrlParts {
    std::string_view scheme;
    std::string_view authority;
};

UrlParts split(std::string_view url)
{
    const auto at = url.find("://");
    if (at == std::string_view::npos) return {};
    auto authority = url.substr(at + 3);
    authority = authority.substr(0, authority.find_first_of("/?#\\"));
    // "https://good.example@evil.example/" is evil's.
    if (const auto user = authority.rfind('@'); user != std::string_view::npos) {
        authority.remove_prefix(user + 1);
    }
    return {url.substr(0, at), authority};
}

std::string_view without_port(std::string_view authority)
{
    if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
    return authority.substr(0, authority.find(':'));
}

std::string_view port_of(std::string_view authority)
{
    const auto port = authority.substr(without_port(authority).size());
    return port.starts_with(':') ? port.substr(1) : port;
}

bool expired(const Channel& channel, std::int64_t now_s)
{
    return channel.expires_at_s != 0 && now_s >= channel.expires_at_s;
}

bool has_output(const Outputs& outputs, Output output)
{
    switch (output) {
        case Output::flv:
            return outputs.flv;
        case Output::hls:
            return outputs.hls;
        case Output::cmaf:
            return outputs.cmaf;
        case Output::rtmp:
            return outputs.rtmp;
        case Output::picture:
            return true;
    }
    return false;
}

bool address_allowed(std::span<const auth::Cidr> list, const std::optional<auth::Address>& address)
{
    return list.empty() || (address && auth::contains(list, *address));
}

Verdict may_start(const Channel* channel, std::string_view id, std::int64_t now_s)
{
    if (!auth::is_channel_id(id)) return Reason::bad_name;
    if (channel == nullptr) return Reason::unknown_channel;
    if (!channel->enabled) return Reason::disabled;
    if (expired(*channel, now_s)) return Reason::expired;
    return std::nullopt;
}

Verdict may_go_on(const Channel* channel, std::int64_t now_s)
{
    if (channel == nullptr) return Reason::deleted;
    if (!channel->enabled) return Reason::disabled;
    if (expired(*channel, now_s)) return Reason::expired;
    return std::nullopt;
}

}  // namespace

Verdict may_publish(const Channel* channel, const PublishRequest& request, std::int64_t now_s)
{
    if (const auto no = may_start(channel, request.id, now_s)) return no;
    const auto& ingest = channel->ingest;
    if (!address_allowed(ingest.allow_ips, request.address)) return Reason::address_denied;
    if (ingest.auth == Auth::open) return std::nullopt;

    const auto sign = auth::signature_in(request.args);
    if (!sign) return sign.error();
    return auth::verify_push(request.id, *sign, ingest.key, now_s);
}

Verdict may_play(const Channel* channel, const PlayRequest& request, std::int64_t now_s)
{
    if (const auto no = may_start(channel, request.id, now_s)) return no;
    const auto& play = channel->playback;
    if (!has_output(channel->outputs, request.output)) return Reason::output_disabled;
    if (!address_allowed(play.allow_ips, request.address)) return Reason::address_denied;
    if (!referer_allowed(play.allow_referers, request.referer)) return Reason::referer_denied;
    if (!origin_allowed(play.allow_origins, request.origin, request.host)) {
        return Reason::origin_denied;
    }
    if (play.auth == Auth::open) return std::nullopt;

    const auto sign = auth::signature_in(request.args);
    if (!sign) return sign.error();
    return auth::verify_play(request.id, *sign, play.key, now_s);
}

Verdict publish_still_allowed(const Channel* channel, const std::optional<auth::Signature>& sign,
                              std::int64_t now_s)
{
    if (const auto no = may_go_on(channel, now_s)) return no;
    const auto& ingest = channel->ingest;
    if (ingest.auth == Auth::open) return std::nullopt;
    if (sign && auth::matches_push(channel->id, *sign, ingest.key)) return std::nullopt;
    return Reason::key_rotated;
}

Verdict play_still_allowed(const Channel* channel, Output output,
                           const std::optional<auth::Signature>& sign, std::int64_t now_s)
{
    if (const auto no = may_go_on(channel, now_s)) return no;
    if (!has_output(channel->outputs, output)) return Reason::output_disabled;
    const auto& play = channel->playback;
    if (play.auth == Auth::open) return std::nullopt;
    if (sign && auth::matches_play(channel->id, *sign, play.key)) return std::nullopt;
    return Reason::key_rotated;
}

bool referer_allowed(std::span<const std::string> list, std::string_view referer)
{
    if (list.empty()) return true;
    if (referer.empty()) return std::ranges::find(list, "none") != list.end();
    const auto host = without_port(split(referer).authority);
    if (host.empty()) return false;
    return std::ranges::any_of(list, [&](const auto& entry) { return host_matches(entry, host); });
}

bool origin_allowed(std::span<const std::string> list, std::string_view origin,
                    std::string_view host)
{
    if (list.empty() || origin.empty()) return true;
    const auto from = split(origin);
    if (!host.empty() && equal_folded(from.authority, host)) return true;
    return std::ranges::any_of(list, [&](const std::string& entry) {
        if (entry == "*") return true;
        const auto allowed = split(entry);
        return !allowed.authority.empty() && equal_folded(allowed.scheme, from.scheme) &&
               port_of(allowed.authority) == port_of(from.authority) &&
               host_matches(without_port(allowed.authority), without_port(from.authority));
    });
}

}  // namespace sluice::channel
