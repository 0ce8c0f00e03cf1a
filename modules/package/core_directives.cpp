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
    return new (mem) PackageConf{.dir = {}, .linger = NGX_CONF_UNSET_MSEC};
}

char* init_conf(ngx_cycle_t* cycle, void* data)
{
    auto& conf = *static_cast<PackageConf*>(data);
    ngx_conf_init_msec_value(conf.linger, defaults::package_linger);
    if (conf.dir.len == 0) return NGX_CONF_OK;
    return ngx_conf_full_name(cycle, &conf.dir, 0) == NGX_OK ? NGX_CONF_OK
                                                             : static_cast<char*>(NGX_CONF_ERROR);
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
    return make_live_windows(conf_of(cycle), streams, *cycle) ? NGX_OK : NGX_ERROR;
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
