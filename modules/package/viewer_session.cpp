#include "viewer_session.hpp"

#include <string>

#include "core/hub/slots.hpp"
#include "core/hub/viewer_sessions.hpp"
#include "modules/common/http_answer.hpp"
#include "modules/hub/worker.hpp"
#include "text_shelf.hpp"

namespace sluice::ngx {
namespace {

using hub::Protocol;
using package::Asked;

constexpr std::string_view kCookie = "sluice_viewer";

std::string_view cookie_in(const ngx_http_request_t& r)
{
    auto cookies = header_in(r, "cookie");
    while (!cookies.empty()) {
        auto one = cookies.substr(0, cookies.find(';'));
        cookies.remove_prefix(std::min(one.size() + 1, cookies.size()));
        while (one.starts_with(' ')) one.remove_prefix(1);
        if (one.starts_with(kCookie) && one.substr(kCookie.size()).starts_with('='))
            return one.substr(kCookie.size() + 1);
    }
    return {};
}

/// The token, or the cookie, or address and agent. Holds until the next call: every request asks.
std::string_view identity_of(const ngx_http_request_t& r, const PackageRequest& asked)
{
    if (!asked.token.empty()) return asked.token;
    static std::string made;
    if (const auto cookie = cookie_in(r); !cookie.empty())
        return made.assign("cookie ").append(cookie);
    const auto agent = r.headers_in.user_agent == nullptr ? std::string_view()
                                                          : view(r.headers_in.user_agent->value);
    return made.assign(view(r.connection->addr_text)).append(" ").append(agent);
}

/// What index.m3u8 leads to.
Protocol over_what(const PackageRequest& asked)
{
    if (asked.grant.output == channel::Output::hls) return Protocol::hls;
    if (asked.resource.low_latency || asked.stream == nullptr) return Protocol::cmaf_hls;
    const auto view = look_at_window(*asked.stream, asked.resource.stream);
    return view && !view->window->cmaf ? Protocol::hls : Protocol::cmaf_hls;
}

/// What a playlist or manifest begins; nothing for media, which several protocols share.
std::optional<Protocol> begun_by(const PackageRequest& asked)
{
    switch (asked.resource.asked) {
        case Asked::manifest:
            return Protocol::dash;
        case Asked::transport_playlist:
            return Protocol::hls;
        case Asked::multivariant:
            return over_what(asked);
        case Asked::lane_playlist:
        case Asked::dvr_multivariant:
        case Asked::dvr_playlist:
            return Protocol::cmaf_hls;
        default:
            return std::nullopt;
    }
}

bool is_noted(const PackageRequest& asked, Protocol protocol, std::string_view viewer)
{
    return hub::is_noted(worker()->zone, *asked.programme, protocol, viewer, mono_ms());
}

/// Of the protocols that the request may belong to, the one that the viewer has a session of.
std::optional<Protocol> session_of(const PackageRequest& asked, std::string_view viewer)
{
    if (const auto begun = begun_by(asked)) {
        return is_noted(asked, *begun, viewer) ? begun : std::nullopt;
    }
    if (asked.resource.lane == package::Lane::transport) {
        return is_noted(asked, Protocol::hls, viewer) ? std::optional(Protocol::hls) : std::nullopt;
    }
    for (const auto protocol : {Protocol::cmaf_hls, Protocol::dash}) {
        if (is_noted(asked, protocol, viewer)) return protocol;
    }
    return std::nullopt;
}

}  // namespace

bool has_session(ngx_http_request_t& r, const PackageRequest& asked)
{
    return asked.programme != nullptr && session_of(asked, identity_of(r, asked)).has_value();
}

std::optional<auth::Reason> session_refused(ngx_http_request_t& r, const PackageRequest& asked)
{
    const auto& grant = asked.grant;
    if (grant.max_viewers == 0 || asked.programme == nullptr || !begun_by(asked))
        return std::nullopt;
    if (has_session(r, asked) ||
        hub::viewers_of_channel(worker()->zone, asked.resource.channel) < grant.max_viewers)
        return std::nullopt;
    raise("viewer.limit", asked.resource.channel,
          {{"limit", static_cast<std::int64_t>(grant.max_viewers)}});
    return auth::Reason::viewer_limit;
}

void note_session(ngx_http_request_t& r, const PackageRequest& asked)
{
    const bool live =
        asked.stream != nullptr && asked.programme != nullptr &&
        hub::Current::unpack(asked.programme->current.load()).state != hub::State::idle;
    if (!live) return;
    const auto viewer = identity_of(r, asked);
    auto protocol = begun_by(asked);
    if (!protocol) protocol = session_of(asked, viewer);
    if (!protocol) return;
    hub::note_request(worker()->zone, *asked.programme, *protocol, viewer, mono_ms(),
                      longest_wait(asked));
}

}  // namespace sluice::ngx
