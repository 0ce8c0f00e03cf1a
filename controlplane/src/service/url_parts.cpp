#include "url_parts.hpp"

#include <curl/curl.h>

#include <memory>

namespace sluice::control {
namespace {

struct FreeUrl {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

std::optional<std::string> part(CURLU* url, CURLUPart wanted)
{
    char* text = nullptr;
    if (curl_url_get(url, wanted, &text, 0) != CURLUE_OK) return std::nullopt;
    std::string copy = text;
    curl_free(text);
    return copy;
}

}  // namespace

std::optional<UrlParts> parts_of_url(const std::string& text)
{
    const std::unique_ptr<CURLU, FreeUrl> url(curl_url());
    if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
        return std::nullopt;
    }
    auto host = part(url.get(), CURLUPART_HOST);
    if (!host) return std::nullopt;
    return UrlParts{std::move(*host), part(url.get(), CURLUPART_USER).has_value()};
}

}  // namespace sluice::control
