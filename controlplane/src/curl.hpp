#pragma once

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::control {

struct FreeCurl {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
using Curl = std::unique_ptr<CURL, FreeCurl>;

struct FreeMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
using CurlMulti = std::unique_ptr<CURLM, FreeMulti>;

struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, FreeList>;

struct FreeUrl {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using CurlUrl = std::unique_ptr<CURLU, FreeUrl>;

/// A URL as libcurl reads it; null when it is none, or without memory.
CurlUrl parse_url(const std::string& text);
/// A part of it; nullopt when it has none. `flags`: CURLU_….
std::optional<std::string> part_of(CURLU* url, CURLUPart part, unsigned flags = 0);

/// Whom a URL leads to, as libcurl reads it. Empty `name`: an address, or no good URL.
struct UrlHost {
    std::string name;
    std::string port;
};
UrlHost host_of(const std::string& url);

/// Lets `curl` find the name of its URL at these addresses, instead of looking it up by itself:
/// when it gives a lookup up it may wait for its end. The list must live as long as the transfer.
CurlList set_addresses(CURL* curl, const UrlHost& host, const std::vector<std::string>& addresses);

/// An easy handle of a library that is set up; null without memory. From any thread.
Curl make_curl();
CurlMulti make_multi();

}  // namespace sluice::control
