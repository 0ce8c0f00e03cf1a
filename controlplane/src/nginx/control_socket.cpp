#include "control_socket.hpp"

#include <curl/curl.h>

#include <memory>
#include <mutex>

namespace sluice::control::nginx {
namespace {

using nlohmann::json;

/// nginx's answers are a page or two; the list of all streams is the largest.
constexpr std::size_t kMaxAnswer = 64u << 20;

struct FreeCurl {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct FreeHeaders {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

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

std::string detail_of(const json& body, long status)
{
    for (const auto* field : {"detail", "error", "message"}) {
        if (body.is_object() && body.contains(field) && body[field].is_string()) {
            return body[field].get<std::string>();
        }
    }
    return "nginx answered " + std::to_string(status);
}

Errc code_of(long status)
{
    switch (status) {
        case 400:
            return Errc::invalid;
        case 404:
            return Errc::not_found;
        case 409:
            return Errc::conflict;
        default:
            return Errc::unavailable;
    }
}

}  // namespace

ControlSocket::ControlSocket(std::filesystem::path socket) : socket_(std::move(socket)) {}

Result<json> ControlSocket::get(std::string_view path, std::chrono::milliseconds limit) const
{
    return call(path, nullptr, limit);
}

Result<json> ControlSocket::post(std::string_view path, const json& body,
                                 std::chrono::milliseconds limit) const
{
    const auto text = body.dump();
    return call(path, &text, limit);
}

Result<json> ControlSocket::call(std::string_view path, const std::string* body,
                                 std::chrono::milliseconds limit) const
{
    init_once();
    const std::unique_ptr<CURL, FreeCurl> curl(curl_easy_init());
    if (!curl) return fail(Errc::internal, "no memory for a call to nginx");

    const auto url = std::string("http://nginx").append(path);
    std::string answer;
    curl_easy_setopt(curl.get(), CURLOPT_UNIX_SOCKET_PATH, socket_.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(limit.count()));
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);

    std::unique_ptr<curl_slist, FreeHeaders> headers;
    if (body != nullptr) {
        headers.reset(curl_slist_append(nullptr, "Content-Type: application/json"));
        curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
        curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body->size()));
        curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body->c_str());
    }

    if (const auto code = curl_easy_perform(curl.get()); code != CURLE_OK) {
        return fail(Errc::unavailable,
                    std::string("nginx does not answer: ") + curl_easy_strerror(code));
    }

    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    auto parsed = json::parse(answer, nullptr, false);
    if (status >= 300) return fail(code_of(status), detail_of(parsed, status));
    if (answer.empty()) return json::object();
    if (parsed.is_discarded()) return fail(Errc::unavailable, "nginx's answer is not JSON");
    return parsed;
}

}  // namespace sluice::control::nginx
