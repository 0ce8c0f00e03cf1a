#include <new>

#include "conf.hpp"
#include "live_windows.hpp"
#include "modules/hub/zone.hpp"

extern "C" ngx_module_t ngx_sluice_package_module;

namespace sluice::ngx {
namespace {

void* create_conf(ngx_cycle_t* cycle)
{
    auto* mem = ngx_pcalloc(cycle->pool, sizeof(PackageConf));
    if (mem == nullptr) return nullptr;
    return new (mem)
        PackageConf{.dir = {}, .linger = NGX_CONF_UNSET_MSEC, .archive = {}, .threads = nullptr};
}

char* init_conf(ngx_cycle_t* cycle, void* data)
{
    auto& conf = *static_cast<PackageConf*>(data);
    ngx_conf_init_msec_value(conf.linger, defaults::package_linger);
    for (auto* path : {&conf.dir, &conf.archive}) {
        if (path->len != 0 && ngx_conf_full_name(cycle, path, 0) != NGX_OK)
            return static_cast<char*>(NGX_CONF_ERROR);
    }
    return NGX_CONF_OK;
}

/// sluice_package_archive PATH [threads=POOL].
char* set_archive(ngx_conf_t* cf, ngx_command_t* cmd, void* data)
{
    constexpr std::string_view kThreads = "threads=";
    if (auto* error = ngx_conf_set_str_slot(cf, cmd, data); error != NGX_CONF_OK) return error;
    auto& conf = *static_cast<PackageConf*>(data);
    ngx_str_t* pool = nullptr;
    auto* args = static_cast<ngx_str_t*>(cf->args->elts);
    if (cf->args->nelts > 2) {
        if (!view(args[2]).starts_with(kThreads) || args[2].len == kThreads.size())
            return const_cast<char*>("takes threads=POOL behind the path");
        args[2] = {args[2].len - kThreads.size(), args[2].data + kThreads.size()};
        pool = &args[2];
    }
    conf.threads = ngx_thread_pool_add(cf, pool);
    return conf.threads == nullptr ? static_cast<char*>(NGX_CONF_ERROR) : NGX_CONF_OK;
}

PackageConf& conf_of(ngx_cycle_t* cycle)
{
    return *reinterpret_cast<PackageConf*>(
        ngx_get_conf(cycle->conf_ctx, ngx_sluice_package_module));
}

ngx_int_t init_module(ngx_cycle_t* cycle) noexcept
{
    if (ngx_test_config) return NGX_OK;
    const auto streams = hub_zone().header().streams;
    const auto& conf = conf_of(cycle);
    const bool made = make_live_windows(conf, streams, *cycle) && make_archive_folder(conf, *cycle);
    return made ? NGX_OK : NGX_ERROR;
}

// clang-format off

// Every name here has a heading in README.md; tests/lint/directive_docs.py checks.
ngx_command_t commands[] = {

    { ngx_string("sluice_package_dir"),
      NGX_MAIN_CONF|NGX_DIRECT_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(PackageConf, dir),
      nullptr },

    { ngx_string("sluice_package_archive"),
      NGX_MAIN_CONF|NGX_DIRECT_CONF|NGX_CONF_TAKE12,
      set_archive,
      0,
      offsetof(PackageConf, archive),
      nullptr },

    { ngx_string("sluice_package_linger"),
      NGX_MAIN_CONF|NGX_DIRECT_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      offsetof(PackageConf, linger),
      nullptr },

      ngx_null_command
};

ngx_core_module_t context = {
    ngx_string("sluice_package"),
    create_conf,
    init_conf
};

// clang-format on

}  // namespace

const PackageConf& package_conf()
{
    return conf_of(const_cast<ngx_cycle_t*>(ngx_cycle));
}

}  // namespace sluice::ngx

// clang-format off
ngx_module_t ngx_sluice_package_module = {
    NGX_MODULE_V1,
    &sluice::ngx::context,
    sluice::ngx::commands,
    NGX_CORE_MODULE,
    nullptr,                   // init master
    sluice::ngx::init_module,
    nullptr,                   // init process
    nullptr,                   // init thread
    nullptr,                   // exit thread
    nullptr,                   // exit process
    nullptr,                   // exit master
    NGX_MODULE_V1_PADDING
};
// clang-format on
