#include <string_view>

#include "conf.hpp"

namespace sluice::ngx {
namespace {

constexpr ngx_int_t kShortestMs = 100;
constexpr ngx_int_t kLongestMs = 10'000;

char* text(const char* complaint)
{
    return const_cast<char*>(complaint);
}

/// What is wrong with one `name=value`; nullptr when nothing is.
char* set_option(AuthoriseConf& conf, const ngx_str_t& option)
{
    constexpr std::string_view kTimeout = "timeout=";
    const auto name = view(option);
    if (name == "on_failure=deny" || name == "on_failure=allow") {
        conf.allow_on_failure = name.ends_with("allow") ? 1 : 0;
        return nullptr;
    }
    if (!name.starts_with(kTimeout)) return text("takes timeout= and on_failure=deny|allow");
    ngx_str_t value{option.len - kTimeout.size(), option.data + kTimeout.size()};
    const auto timeout = ngx_parse_time(&value, 0);
    if (timeout == NGX_ERROR || timeout < kShortestMs || timeout > kLongestMs)
        return text("takes a timeout of 100ms to 10s");
    conf.timeout = static_cast<ngx_msec_t>(timeout);
    return nullptr;
}

}  // namespace

char* set_authorise(ngx_conf_t* cf, ngx_command_t* cmd, void* conf)
{
    constexpr std::string_view kUnix = "unix:";
    constexpr std::size_t kLongestPath = 107;  // sun_path
    auto& authorise = *reinterpret_cast<AuthoriseConf*>(static_cast<char*>(conf) + cmd->offset);
    if (authorise.socket.data != nullptr) return text("is duplicate");
    const auto* args = static_cast<ngx_str_t*>(cf->args->elts);
    authorise = {
        .socket = args[1], .timeout = defaults::access_authorise_timeout, .allow_on_failure = 0};
    if (view(args[1]) == "off") {
        authorise.socket.len = 0;
        return cf->args->nelts == 2 ? NGX_CONF_OK : text("takes nothing behind off");
    }
    if (!view(args[1]).starts_with(kUnix)) return text("takes unix:PATH or off");
    authorise.socket.data += kUnix.size();
    authorise.socket.len -= kUnix.size();
    if (authorise.socket.len == 0 || authorise.socket.len > kLongestPath)
        return text("takes a path of 1 to 107 characters");
    for (ngx_uint_t i = 2; i < cf->args->nelts; ++i) {
        if (auto* complaint = set_option(authorise, args[i])) return complaint;
    }
    return NGX_CONF_OK;
}

void merge_authorise(AuthoriseConf& conf, const AuthoriseConf& parent)
{
    if (conf.socket.data == nullptr) conf = parent;
}

}  // namespace sluice::ngx
