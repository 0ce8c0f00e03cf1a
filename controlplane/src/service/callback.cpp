#include "callback.hpp"

#include <algorithm>

#include "../curl.hpp"
#include "../resolver.hpp"
#include "../version.hpp"
#include "judged_connect.hpp"

namespace sluice::control {
namespace {

constexpr std::size_t kKept = 4096;      ///< of the body: a reason is shorter
constexpr std::size_t kMost = 1u << 20;  ///< who sends more is cut off

struct Body {
    std::string kept;
    std::size_t seen = 0;
};

std::size_t take(char* data, std::size_t size, std::size_t count, void* out)
{
    auto& body = *static_cast<Body*>(out);
    const auto bytes = size * count;
    body.seen += bytes;
    if (body.seen > kMost) return 0;  // makes libcurl give up
    body.kept.append(data, std::min(bytes, kKept - body.kept.size()));
    return bytes;
}

/// libcurl asks about once a second whether to go on.
int stops(void* ending, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    return static_cast<const std::stop_token*>(ending)->stop_requested() ? 1 : 0;
}

Resolver& names()
{
    static Resolver names;
    return names;
}

}  // namespace

Result<CallbackAnswer> post_callback(const std::string& url, const std::string& body,
                                     std::chrono::milliseconds limit, std::stop_token ending,
                                     bool allow_private)
{
    const auto owner = make_curl();
    if (!owner) return fail(Errc::internal, "no memory for an HTTP call");
    auto* curl = owner.get();
    curl_slist* list = curl_slist_append(nullptr, "Content-Type: application/json");
    // Without this libcurl waits for a permission that small servers never give.
    list = curl_slist_append(list, "Expect:");
    const CurlList headers(list);

    const auto host = host_of(url);
    CurlList addresses;
    if (!host.name.empty()) {
        const auto began = std::chrono::steady_clock::now();
        const auto found = names().wait(host.name, limit, ending);
        if (!found) return fail(Errc::unavailable, curl_easy_strerror(CURLE_OPERATION_TIMEDOUT));
        if (found->empty()) {
            return fail(Errc::unavailable, curl_easy_strerror(CURLE_COULDNT_RESOLVE_HOST));
        }
        addresses = set_addresses(curl, host, *found);
        limit -= std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - began);
    }

    Body answer;
    Gate gate{.allow_private = allow_private};
    judge_connections(curl, gate);
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(limit.count())));
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, stops);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &ending);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, (std::string("sluice/") + kVersion).c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.c_str());
    if (const auto code = curl_easy_perform(curl); code != CURLE_OK) {
        return fail(Errc::unavailable,
                    gate.refused ? "its address is not allowed" : curl_easy_strerror(code));
    }
    CallbackAnswer done{.body = std::move(answer.kept)};
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &done.status);
    return done;
}

}  // namespace sluice::control
