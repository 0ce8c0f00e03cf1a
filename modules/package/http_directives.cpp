#include <new>

#include "conf.hpp"
#include "handler.hpp"
#include "modules/common/guard.hpp"

extern "C" ngx_module_t ngx_http_sluice_package_module;

namespace sluice::ngx {
namespace {

char* enable(ngx_conf_t* cf, ngx_command_t* cmd, void* conf)
{
    if (auto* error = ngx_conf_set_flag_slot(cf, cmd, conf); error != NGX_CONF_OK) return error;
    if (!static_cast<PackageServeConf*>(conf)->enabled) return NGX_CONF_OK;
    auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    core->handler = http_door<serve_package>;
    return NGX_CONF_OK;
}

void* create_conf(ngx_conf_t* cf)
{
    auto* mem = ngx_palloc(cf->pool, sizeof(PackageServeConf));
    return mem == nullptr ? nullptr : new (mem) PackageServeConf{.enabled = NGX_CONF_UNSET};
}

ngx_int_t init_process(ngx_cycle_t* cycle) noexcept
{
    try {
        start_package();
        return NGX_OK;
    } catch (...) {
        log_exception(cycle->log);
        return NGX_ERROR;
    }
}

// clang-format off

// Every name here has a heading in README.md; tests/lint/directive_docs.py checks.
ngx_command_t commands[] = {

    { ngx_string("sluice_package_serve"),
      NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      enable,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(PackageServeConf, enabled),
      nullptr },

      ngx_null_command
};

ngx_http_module_t context = {
    nullptr,      // preconfiguration
    nullptr,      // postconfiguration
    nullptr,      // create main conf
    nullptr,      // init main conf
    nullptr,      // create server conf
    nullptr,      // merge server conf
    create_conf,  // create location conf
    nullptr,      // merge location conf
};

// clang-format on

}  // namespace
}  // namespace sluice::ngx

// clang-format off
ngx_module_t ngx_http_sluice_package_module = {
    NGX_MODULE_V1,
    &sluice::ngx::context,
    sluice::ngx::commands,
    NGX_HTTP_MODULE,
    nullptr,                    // init master
    nullptr,                    // init module
    sluice::ngx::init_process,
    nullptr,                    // init thread
    nullptr,                    // exit thread
    nullptr,                    // exit process
    nullptr,                    // exit master
    NGX_MODULE_V1_PADDING
};
// clang-format on
