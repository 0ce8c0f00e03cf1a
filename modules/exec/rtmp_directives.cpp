#include <new>
#include <optional>
#include <string>
#include <vector>

#include "conf.hpp"
#include "configured_hooks.hpp"
#include "core/auth/channel_id.hpp"
#include "modules/common/guard.hpp"

extern "C" ngx_module_t ngx_rtmp_sluice_exec_module;

namespace sluice::ngx {
namespace {

using Hooks = std::vector<channel::Hook>;

void* create_conf(ngx_conf_t* cf)
{
    auto* mem = ngx_pcalloc(cf->pool, sizeof(ExecStreamConf));
    if (mem == nullptr) return nullptr;
    return new (mem) ExecStreamConf{.hooks = nullptr};
}

char* merge_conf(ngx_conf_t*, void* parent, void* child)
{
    auto& conf = *static_cast<ExecStreamConf*>(child);
    if (conf.hooks == nullptr) conf.hooks = static_cast<ExecStreamConf*>(parent)->hooks;
    return NGX_CONF_OK;
}

void destroy(void* data)
{
    delete static_cast<Hooks*>(data);
}

/// The list of this place in the configuration, made by its first directive.
Hooks* hooks_of(ngx_conf_t& cf, ExecStreamConf& conf)
{
    if (conf.hooks != nullptr) return static_cast<Hooks*>(conf.hooks);
    auto* cleanup = ngx_pool_cleanup_add(cf.pool, 0);
    if (cleanup == nullptr) return nullptr;
    auto* hooks = new Hooks;
    cleanup->data = hooks;
    cleanup->handler = cleanup_door<destroy>;
    conf.hooks = hooks;
    return hooks;
}

bool is_name(std::string_view name)
{
    return auth::is_channel_id(name) && name.size() <= 32;
}

std::optional<std::uint32_t> number(std::string_view text)
{
    const auto value =
        ngx_atoi(reinterpret_cast<u_char*>(const_cast<char*>(text.data())), text.size());
    if (value == NGX_ERROR) return std::nullopt;
    return static_cast<std::uint32_t>(value);
}

/// One option before the program. False: it is none.
bool take_option(std::string_view word, channel::Hook& hook)
{
    const auto value_of = [&](std::string_view name) -> std::optional<std::string_view> {
        if (!word.starts_with(name)) return std::nullopt;
        return word.substr(name.size());
    };
    if (word == "progress") return hook.progress = true;
    if (word == "events") return hook.events = true;
    if (word == "frames=key") {
        hook.frames = channel::Frames::key;
        return true;
    }
    if (const auto name = value_of("output="); name && is_name(*name)) {
        hook.outputs.push_back({.name = std::string(*name)});
        return true;
    }
    for (const auto& [name, to] :
         {std::pair{"cpu=", &hook.cpu_units}, std::pair{"memory=", &hook.memory_mb}}) {
        const auto value = value_of(name);
        const auto amount = value ? number(*value) : std::nullopt;
        if (!amount) continue;
        *to = *amount;
        return true;
    }
    return false;
}

/// sluice_exec NAME [OPTION …] PROGRAM [ARGUMENT …].
char* add_hook(ngx_conf_t* cf, ngx_command_t*, void* data) noexcept
{
    try {
        const auto* words = static_cast<ngx_str_t*>(cf->args->elts);
        channel::Hook hook{.name = std::string(view(words[1]))};
        if (!is_name(hook.name))
            return const_cast<char*>("needs a name of letters, digits, _ and - first");
        ngx_uint_t at = 2;
        while (at < cf->args->nelts && take_option(view(words[at]), hook)) ++at;
        if (at == cf->args->nelts || view(words[at]).substr(0, 1) != "/")
            return const_cast<char*>("needs the program's absolute path behind name and options");
        for (; at < cf->args->nelts; ++at) hook.argv.emplace_back(view(words[at]));
        hook.copies = hook.outputs.empty();  // who gives nothing back may well write a file
        auto* hooks = hooks_of(*cf, *static_cast<ExecStreamConf*>(data));
        if (hooks == nullptr) return static_cast<char*>(NGX_CONF_ERROR);
        for (const auto& other : *hooks) {
            if (other.name == hook.name) return const_cast<char*>("has this name twice");
        }
        hooks->push_back(std::move(hook));
        return NGX_CONF_OK;
    } catch (...) {
        return static_cast<char*>(NGX_CONF_ERROR);
    }
}

// clang-format off

// Every name here has a heading in README.md; tests/lint/directive_docs.py checks.
ngx_command_t commands[] = {

    { ngx_string("sluice_exec"),
      NGX_RTMP_MAIN_CONF|NGX_RTMP_SRV_CONF|NGX_RTMP_APP_CONF|NGX_CONF_2MORE,
      add_hook,
      NGX_RTMP_APP_CONF_OFFSET,
      0,
      nullptr },

      ngx_null_command
};

ngx_rtmp_module_t context = {
    nullptr,      // preconfiguration
    nullptr,      // postconfiguration
    nullptr,      // create main conf
    nullptr,      // init main conf
    nullptr,      // create server conf
    nullptr,      // merge server conf
    create_conf,  // create application conf
    merge_conf,   // merge application conf
};

// clang-format on

/// `$name` in an argument is the stream's.
std::string expanded(std::string text, std::string_view stream)
{
    constexpr std::string_view kName = "$name";
    for (auto at = text.find(kName); at != std::string::npos;
         at = text.find(kName, at + stream.size())) {
        text.replace(at, kName.size(), stream);
    }
    return text;
}

}  // namespace

Hooks configured_hooks(const ngx_rtmp_session_t& s, std::string_view stream)
{
    const auto& conf = *static_cast<ExecStreamConf*>(
        ngx_rtmp_get_module_app_conf((&s), ngx_rtmp_sluice_exec_module));
    if (conf.hooks == nullptr) return {};
    auto hooks = *static_cast<Hooks*>(conf.hooks);
    for (auto& hook : hooks) {
        for (auto& word : hook.argv) word = expanded(std::move(word), stream);
    }
    return hooks;
}

}  // namespace sluice::ngx

// clang-format off
ngx_module_t ngx_rtmp_sluice_exec_module = {
    NGX_MODULE_V1,
    &sluice::ngx::context,
    sluice::ngx::commands,
    NGX_RTMP_MODULE,
    nullptr,  // init master
    nullptr,  // init module
    nullptr,  // init process
    nullptr,  // init thread
    nullptr,  // exit thread
    nullptr,  // exit process
    nullptr,  // exit master
    NGX_MODULE_V1_PADDING
};
// clang-format on
