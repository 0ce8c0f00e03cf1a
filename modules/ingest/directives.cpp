#include "commands.hpp"
#include "conf.hpp"
#include "core_conf.hpp"
#include "modules/common/guard.hpp"

extern "C" ngx_module_t ngx_rtmp_sluice_ingest_module;

namespace sluice::ngx {
namespace {

void* create_server_conf(ngx_conf_t* cf)
{
    auto* mem = ngx_palloc(cf->pool, sizeof(IngestServerConf));
    return mem == nullptr ? nullptr
                          : new (mem) IngestServerConf{.setup_timeout = NGX_CONF_UNSET_MSEC};
}

char* merge_server_conf(ngx_conf_t*, void* parent, void* child)
{
    const auto& prev = *static_cast<IngestServerConf*>(parent);
    auto& conf = *static_cast<IngestServerConf*>(child);
    ngx_conf_merge_msec_value(conf.setup_timeout, prev.setup_timeout,
                              defaults::ingest_setup_timeout);
    return NGX_CONF_OK;
}

void* create_conf(ngx_conf_t* cf)
{
    auto* mem = ngx_palloc(cf->pool, sizeof(IngestConf));
    if (mem == nullptr) return nullptr;
    return new (mem) IngestConf{.publish = NGX_CONF_UNSET,
                                .play = NGX_CONF_UNSET,
                                .send_buffer = NGX_CONF_UNSET_SIZE,
                                .on_duplicate = NGX_CONF_UNSET_UINT,
                                .reconnect_window = NGX_CONF_UNSET_MSEC,
                                .idle_timeout = NGX_CONF_UNSET_MSEC};
}

char* merge_conf(ngx_conf_t*, void* parent, void* child)
{
    const auto& prev = *static_cast<IngestConf*>(parent);
    auto& conf = *static_cast<IngestConf*>(child);
    ngx_conf_merge_value(conf.publish, prev.publish, 0);
    ngx_conf_merge_value(conf.play, prev.play, 0);
    ngx_conf_merge_size_value(conf.send_buffer, prev.send_buffer, defaults::ingest_send_buffer);
    ngx_conf_merge_uint_value(conf.on_duplicate, prev.on_duplicate, defaults::ingest_on_duplicate);
    ngx_conf_merge_msec_value(conf.reconnect_window, prev.reconnect_window,
                              defaults::ingest_reconnect_window);
    ngx_conf_merge_msec_value(conf.idle_timeout, prev.idle_timeout, defaults::ingest_idle_timeout);
    return NGX_CONF_OK;
}

ngx_int_t preconfiguration(ngx_conf_t* cf) noexcept
{
    return guard_core_conf(*cf);
}

ngx_int_t postconfiguration(ngx_conf_t* cf) noexcept
{
    return install_rtmp_hooks(*cf);
}

ngx_int_t init_module(ngx_cycle_t*) noexcept
{
    core_conf_taken();
    return NGX_OK;
}

ngx_int_t init_process(ngx_cycle_t* cycle) noexcept
{
    try {
        start_ingest();
        return NGX_OK;
    } catch (...) {
        log_exception(cycle->log);
        return NGX_ERROR;
    }
}

constexpr ngx_uint_t kAnywhere = NGX_RTMP_MAIN_CONF | NGX_RTMP_SRV_CONF | NGX_RTMP_APP_CONF;

// clang-format off

ngx_conf_enum_t duplicate_policies[] = {
    { ngx_string("reject"), kReject },
    { ngx_string("replace"), kReplace },
    { ngx_null_string, 0 }
};

// Every name here has a heading in README.md; tests/lint/directive_docs.py checks.
ngx_command_t commands[] = {

    { ngx_string("sluice_ingest"),
      kAnywhere|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(IngestConf, publish),
      nullptr },

    { ngx_string("sluice_ingest_play"),
      kAnywhere|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(IngestConf, play),
      nullptr },

    { ngx_string("sluice_ingest_send_buffer"),
      kAnywhere|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(IngestConf, send_buffer),
      nullptr },

    { ngx_string("sluice_ingest_on_duplicate"),
      kAnywhere|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(IngestConf, on_duplicate),
      duplicate_policies },

    { ngx_string("sluice_ingest_reconnect_window"),
      kAnywhere|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(IngestConf, reconnect_window),
      nullptr },

    { ngx_string("sluice_ingest_idle_timeout"),
      kAnywhere|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(IngestConf, idle_timeout),
      nullptr },

    { ngx_string("sluice_ingest_setup_timeout"),
      NGX_RTMP_MAIN_CONF|NGX_RTMP_SRV_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_RTMP_SRV_CONF_OFFSET,
      offsetof(IngestServerConf, setup_timeout),
      nullptr },

      ngx_null_command
};

ngx_rtmp_module_t context = {
    preconfiguration,
    postconfiguration,
    nullptr,            // create main conf
    nullptr,            // init main conf
    create_server_conf,
    merge_server_conf,
    create_conf,        // create application conf
    merge_conf,         // merge application conf
};

// clang-format on

}  // namespace

const IngestServerConf& ingest_server_conf(const ngx_rtmp_session_t& s)
{
    return *static_cast<IngestServerConf*>(
        ngx_rtmp_get_module_srv_conf((&s), ngx_rtmp_sluice_ingest_module));
}

const IngestConf* ingest_conf(const ngx_rtmp_session_t& s)
{
    return static_cast<IngestConf*>(
        ngx_rtmp_get_module_app_conf((&s), ngx_rtmp_sluice_ingest_module));
}

}  // namespace sluice::ngx

// clang-format off
ngx_module_t ngx_rtmp_sluice_ingest_module = {
    NGX_MODULE_V1,
    &sluice::ngx::context,
    sluice::ngx::commands,
    NGX_RTMP_MODULE,
    nullptr,                     // init master
    sluice::ngx::init_module,
    sluice::ngx::init_process,
    nullptr,                     // init thread
    nullptr,                     // exit thread
    nullptr,                     // exit process
    nullptr,                     // exit master
    NGX_MODULE_V1_PADDING
};
// clang-format on
