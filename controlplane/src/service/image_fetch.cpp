#include "image_fetch.hpp"

#include <algorithm>
#include <optional>

#include "../curl.hpp"
#include "../resolver.hpp"
#include "../version.hpp"
#include "judged_connect.hpp"

namespace sluice::control {
namespace {

using Clock = std::chrono::steady_clock;

constexpr long kOk = 200;
constexpr long kNotModified = 304;

/// One request.
struct Transfer {
    std::string body;
    std::size_t most = 0;
    bool too_large = false;
    std::stop_token ending;
};

struct Reply {
    long status = 0;
    std::string body;
    std::string redirect;  ///< where it leads; empty: nowhere
    ImageValidators validators;
};

std::size_t take(char* data, std::size_t size, std::size_t count, void* out)
{
    auto& transfer = *static_cast<Transfer*>(out);
    const auto bytes = size * count;
    transfer.too_large = transfer.body.size() + bytes > transfer.most;
    if (transfer.too_large) return 0;  // makes libcurl give up
    transfer.body.append(data, bytes);
    return bytes;
}

int stops(void* transfer, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    return static_cast<const Transfer*>(transfer)->ending.stop_requested() ? 1 : 0;
}

Resolver& names()
{
    static Resolver names;
    return names;
}

tl::unexpected<Error> failed(CURLcode code)
{
    return fail(Errc::unavailable, curl_easy_strerror(code));
}

std::string header_of(CURL* curl, const char* name)
{
    curl_header* found = nullptr;
    if (curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) return {};
    return found->value;
}

CurlList request_headers(const ImageValidators& known)
{
    curl_slist* list =
        curl_slist_append(nullptr, "Accept: image/png,image/jpeg,image/gif,image/webp");
    if (!known.etag.empty()) {
        list = curl_slist_append(list, ("If-None-Match: " + known.etag).c_str());
    }
    if (!known.last_modified.empty()) {
        list = curl_slist_append(list, ("If-Modified-Since: " + known.last_modified).c_str());
    }
    return CurlList(list);
}

long left_until(Clock::time_point deadline)
{
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    return std::max(0L, static_cast<long>(left.count()));
}

/// Empty where libcurl needs no name looked up.
Result<CurlList> resolved(CURL* curl, const std::string& url, Clock::time_point deadline,
                          const std::stop_token& ending)
{
    const auto host = host_of(url);
    if (host.name.empty()) return CurlList();
    const auto found =
        names().wait(host.name, std::chrono::milliseconds(left_until(deadline)), ending);
    if (!found) return failed(CURLE_OPERATION_TIMEDOUT);
    if (found->empty()) return failed(CURLE_COULDNT_RESOLVE_HOST);
    return set_addresses(curl, host, *found);
}

void prepare(CURL* curl, Transfer& transfer, const std::string& url)
{
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, stops);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, (std::string("sluice/") + kVersion).c_str());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
}

Result<Reply> get(const std::string& url, const ImageValidators& known, Gate& gate,
                  Transfer& transfer, Clock::time_point deadline)
{
    const auto owner = make_curl();
    if (!owner) return fail(Errc::unavailable, "no memory for an HTTP call");
    auto* curl = owner.get();
    const auto addresses = resolved(curl, url, deadline, transfer.ending);
    if (!addresses) return tl::unexpected(addresses.error());
    const auto left = left_until(deadline);
    if (left == 0) return failed(CURLE_OPERATION_TIMEDOUT);

    prepare(curl, transfer, url);
    judge_connections(curl, gate);
    const auto headers = request_headers(known);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, left);
    if (const auto code = curl_easy_perform(curl); code != CURLE_OK) return failed(code);

    Reply reply{.body = std::move(transfer.body),
                .validators = {header_of(curl, "ETag"), header_of(curl, "Last-Modified")}};
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.status);
    char* redirect = nullptr;
    curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &redirect);
    if (redirect != nullptr) reply.redirect = redirect;
    return reply;
}

}  // namespace

Result<FetchedImage> fetch_image(const std::string& url, const ImageValidators& known,
                                 bool allow_private, const std::stop_token& ending,
                                 const FetchLimits& limits)
{
    const auto deadline = Clock::now() + limits.time;
    auto place = url;
    for (int hop = 0; hop <= limits.redirects; ++hop) {
        Gate gate{.allow_private = allow_private};
        Transfer transfer{.most = limits.bytes, .ending = ending};
        auto reply = get(place, known, gate, transfer, deadline);
        if (gate.refused) {
            return fail(Errc::unavailable,
                        "its address may not be reached (settings: watermark.allow_private)");
        }
        if (transfer.too_large) {
            return fail(Errc::unavailable,
                        "it has more than " + std::to_string(limits.bytes >> 20) + " MiB");
        }
        if (!reply) return tl::unexpected(reply.error());
        if (reply->status == kNotModified)
            return FetchedImage{.changed = false, .validators = known};
        if (reply->status == kOk) {
            return FetchedImage{true, std::move(reply->body), std::move(reply->validators)};
        }
        if (reply->redirect.empty()) {
            return fail(Errc::unavailable, "the server answers " + std::to_string(reply->status));
        }
        place = reply->redirect;
    }
    return fail(Errc::unavailable,
                "it redirects more than " + std::to_string(limits.redirects) + " times");
}

}  // namespace sluice::control
