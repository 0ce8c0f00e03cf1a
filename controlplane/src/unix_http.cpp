#include "unix_http.hpp"

#include <curl/curl.h>

#include <memory>
#include <mutex>

namespace sluice::control {
namespace {

/// The list of all streams is the largest answer; it stays far below.
constexpr std::size_t kMaxAnswer = 64u << 20;

struct FreeCurl {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
using Curl = std::unique_ptr<CURL, FreeCurl>;

struct FreeHeaders {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, FreeHeaders>;

std::size_t append(char* data, std::size_t size, std::size_t count, void* out)
{
    auto& text = *static_cast<std::string*>(out);
    const auto bytes = size * count;
    if (text.size() + bytes > kMaxAnswer) return 0;  // makes libcurl give up
    text.append(data, bytes);
    return bytes;
}

void init_once()
{
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

Headers header_list(const UnixRequest& request)
{
    curl_slist* list = nullptr;
    for (const auto& header : request.headers) list = curl_slist_append(list, header.c_str());
    if (request.body != nullptr) list = curl_slist_append(list, "Content-Type: application/json");
    return Headers(list);
}

}  // namespace

Result<UnixAnswer> call(const std::filesystem::path& socket, const UnixRequest& request)
{
    init_once();
    const Curl curl(curl_easy_init());
    if (!curl) return fail(Errc::internal, "no memory for an HTTP call");

    UnixAnswer answer;
    const auto url = std::string("http://localhost").append(request.path);
    const auto headers = header_list(request);
    curl_easy_setopt(curl.get(), CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(request.limit.count()));
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.body);
    if (request.body != nullptr) {
        curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE,
                         static_cast<long>(request.body->size()));
        curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, request.body->c_str());
    }
    if (const auto code = curl_easy_perform(curl.get()); code != CURLE_OK) {
        return fail(Errc::unavailable, curl_easy_strerror(code));
    }
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    return answer;
}

}  // namespace sluice::control
