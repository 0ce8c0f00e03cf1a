#include "conf.hpp"
#include "handler.hpp"
#include "modules/common/guard.hpp"

extern "C" ngx_module_t ngx_http_sluice_status_module;

namespace sluice::ngx {
namespace {

char* enable(ngx_conf_t* cf, ngx_command_t* cmd, void* conf)
{
    if (auto* error = ngx_conf_set_flag_slot(cf, cmd, conf); error != NGX_CONF_OK) return error;
    auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    if (static_cast<StatusConf*>(conf)->enabled) core->handler = http_door<serve_status>;
    return NGX_CONF_OK;
}

void* create_conf(ngx_conf_t* cf)
{
    auto* mem = ngx_palloc(cf->pool, sizeof(StatusConf));
    if (mem == nullptr) return nullptr;
    return new (mem)
        StatusConf{.enabled = NGX_CONF_UNSET, .lifetime = NGX_CONF_UNSET_MSEC, .scope = nullptr};
}

char* merge_conf(ngx_conf_t*, void* parent, void* child)
{
    const auto& prev = *static_cast<StatusConf*>(parent);
    auto& conf = *static_cast<StatusConf*>(child);
    ngx_conf_merge_value(conf.enabled, prev.enabled, 0);
    ngx_conf_merge_msec_value(conf.lifetime, prev.lifetime, defaults::status_lifetime);
    if (conf.scope == nullptr) conf.scope = prev.scope;
    return NGX_CONF_OK;
}

ngx_int_t init_process(ngx_cycle_t* cycle) noexcept
{
    try {
        start_status();
        return NGX_OK;
    } catch (...) {
        log_exception(cycle->log);
        return NGX_ERROR;
    }
}

constexpr ngx_uint_t kAnywhere =
    NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1;

// clang-format off

// Every name here has a heading in README.md; tests/lint/directive_docs.py checks.
ngx_command_t commands[] = {

    { ngx_string("sluice_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      enable,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(StatusConf, enabled),
      nullptr },

    { ngx_string("sluice_status_lifetime"),
      kAnywhere,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(StatusConf, lifetime),
      nullptr },

    { ngx_string("sluice_status_scope"),
      kAnywhere,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(StatusConf, scope),
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
    merge_conf,   // merge location conf
};

// clang-format on

}  // namespace

const StatusConf& status_conf(ngx_http_request_t& r)
{
    return *static_cast<StatusConf*>(
        ngx_http_get_module_loc_conf((&r), ngx_http_sluice_status_module));
}

}  // namespace sluice::ngx

// clang-format off
ngx_module_t ngx_http_sluice_status_module = {
    NGX_MODULE_V1,
    &sluice::ngx::context,
    sluice::ngx::commands,
    NGX_HTTP_MODULE,
    nullptr,                     // init master
    nullptr,                     // init module
    sluice::ngx::init_process,
    nullptr,                     // init thread
    nullptr,                     // exit thread
    nullptr,                     // exit process
    nullptr,                     // exit master
    NGX_MODULE_V1_PADDING
};
// clang-format on
