#include "unix_http.hpp"

#include "curl.hpp"

namespace sluice::control {
namespace {

/// The list of all streams is the largest answer; it stays far below.
constexpr std::size_t kMaxAnswer = 64u << 20;

std::size_t append(char* data, std::size_t size, std::size_t count, void* out)
{
    auto& text = *static_cast<std::string*>(out);
    const auto bytes = size * count;
    if (text.size() + bytes > kMaxAnswer) return 0;  // makes libcurl give up
    text.append(data, bytes);
    return bytes;
}

CurlList header_list(const UnixRequest& request)
{
    curl_slist* list = nullptr;
    for (const auto& header : request.headers) list = curl_slist_append(list, header.c_str());
    if (request.body != nullptr) list = curl_slist_append(list, "Content-Type: application/json");
    return CurlList(list);
}

}  // namespace

Result<UnixAnswer> call(const std::filesystem::path& socket, const UnixRequest& request)
{
    const auto curl = make_curl();
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
