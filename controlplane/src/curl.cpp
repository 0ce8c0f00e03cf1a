#include "curl.hpp"

#include <mutex>

namespace sluice::control {
namespace {

void init_once()
{
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

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
