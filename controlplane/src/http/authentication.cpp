#include "authentication.hpp"

#include <algorithm>
#include <string_view>

namespace sluice::control::http {
namespace {

constexpr std::string_view kCookie = "sluice_session";

std::string lower(std::string_view text)
{
    std::string out(text);
    for (auto& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return out;
}

std::string_view trimmed(std::string_view text)
{
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

/// The value of the session cookie; empty when there is none.
std::string_view cookie_of(std::string_view header)
{
    while (!header.empty()) {
        const auto end = std::min(header.find(';'), header.size());
        const auto pair = trimmed(header.substr(0, end));
        header.remove_prefix(std::min(end + 1, header.size()));
        const auto equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == kCookie) {
            return pair.substr(equals + 1);
        }
    }
    return {};
}

/// `https://tv.example.com:8443` → `tv.example.com:8443`
std::string host_of(std::string_view origin)
{
    const auto at = origin.find("://");
    return at == std::string_view::npos ? std::string() : lower(origin.substr(at + 3));
}

bool is_own_origin(const Request& request)
{
    // Schemes are not compared: TLS may end in front of us. A host that answers http and https is
    // one host to whoever could put a page there.
    const auto host = lower(request.header("host"));
    return !host.empty() && host_of(request.header("origin")) == host;
}

bool only_reads(const Request& request)
{
    return request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
}

tl::unexpected<Error> foreign()
{
    return fail(Errc::forbidden,
                "a change that is signed in by cookie must come from a page of this host; "
                "programs send a token: Authorization: Bearer <token>");
}

}  // namespace

Result<void> refuse_other_origins(const Request& request)
{
    const auto site = request.header("sec-fetch-site");
    if (!site.empty() && site != "same-origin") return foreign();
    if (!request.header("origin").empty() && !is_own_origin(request)) return foreign();
    return {};
}

/// A browser adds the cookie to what any page sends to us. SameSite=Strict keeps other sites out,
/// but not other ports of this host, nor other names of this domain. So a change must say that it
/// comes from our own pages: browsers state it in Origin or Sec-Fetch-Site, where no page can
/// forge it. Who sends neither is no browser of today, and can send a token.
Result<void> refuse_forgery(const Request& request)
{
    if (only_reads(request)) return {};
    const bool stated =
        !request.header("sec-fetch-site").empty() || !request.header("origin").empty();
    if (!stated) return foreign();
    return refuse_other_origins(request);
}

Result<Caller> authenticate(const Tokens& tokens, const Sessions& sessions, const Request& request)
{
    constexpr std::string_view kBearer = "bearer ";
    const auto header = request.header("authorization");
    if (lower(header.substr(0, kBearer.size())) == kBearer) {
        return tokens.authenticate(trimmed(header.substr(kBearer.size())));
    }
    const auto cookie = cookie_of(request.header("cookie"));
    if (!header.empty() || cookie.empty()) {
        return fail(Errc::unauthorized, "sign in, or send a token: Authorization: Bearer <token>");
    }
    auto caller = sessions.authenticate(cookie);
    if (!caller) return caller;
    if (auto own = refuse_forgery(request); !own) return tl::unexpected(own.error());
    return caller;
}

std::string session_cookie(const Request& request, const std::string& secret,
                           std::int64_t max_age_s)
{
    auto cookie = std::string(kCookie) + "=" + secret + "; HttpOnly; SameSite=Strict; Path=/" +
                  "; Max-Age=" + std::to_string(max_age_s);
    // Over plain HTTP, as on a machine that is being tried out, a Secure cookie would be dropped.
    if (request.header("x-forwarded-proto") == "https") cookie += "; Secure";
    return cookie;
}

}  // namespace sluice::control::http
