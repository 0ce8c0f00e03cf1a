#include "curl.hpp"

#include <arpa/inet.h>

#include <mutex>

namespace sluice::control {
namespace {

void init_once()
{
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

CurlUrl parse_url(const std::string& text)
{
    CurlUrl url(curl_url());
    if (!url ||
        curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
        return {};
    return url;
}

std::optional<std::string> part_of(CURLU* url, CURLUPart part, unsigned flags)
{
    char* text = nullptr;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return std::nullopt;
    std::string copy = text;
    curl_free(text);
    return copy;
}

UrlHost host_of(const std::string& url)
{
    const auto parsed = parse_url(url);
    if (!parsed) return {};
    UrlHost host{part_of(parsed.get(), CURLUPART_HOST, CURLU_PUNYCODE).value_or(""),
                 part_of(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT).value_or("")};
    in_addr address{};
    const bool number =
        host.name.starts_with('[') || ::inet_pton(AF_INET, host.name.c_str(), &address) == 1;
    return number ? UrlHost{} : host;
}

CurlList set_addresses(CURL* curl, const UrlHost& host, const std::vector<std::string>& addresses)
{
    std::string entry = "+" + host.name + ":" + host.port + ":";  // +: forgotten like any other
    for (const auto& address : addresses) {
        if (&address != &addresses.front()) entry += ',';
        entry += address.find(':') == std::string::npos ? address : "[" + address + "]";
    }
    CurlList list(curl_slist_append(nullptr, entry.c_str()));
    curl_easy_setopt(curl, CURLOPT_RESOLVE, list.get());
    return list;
}

Curl make_curl()
{
    init_once();
    return Curl(curl_easy_init());
}

CurlMulti make_multi()
{
    init_once();
    return CurlMulti(curl_multi_init());
}

}  // namespace sluice::control
