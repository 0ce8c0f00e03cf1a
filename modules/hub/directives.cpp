#include <cstring>

#include "conf.hpp"
#include "modules/common/guard.hpp"
#include "process.hpp"
#include "zone.hpp"

extern "C" ngx_module_t ngx_sluice_hub_module;

namespace sluice::ngx {
namespace {

void* create_conf(ngx_cycle_t* cycle)
{
    auto* mem = ngx_pcalloc(cycle->pool, sizeof(HubConf));
    if (mem == nullptr) return nullptr;
    return new (mem) HubConf{.streams = NGX_CONF_UNSET_UINT,
                             .events = NGX_CONF_UNSET_UINT,
                             .sessions = NGX_CONF_UNSET_UINT,
                             .generation = NGX_CONF_UNSET_UINT,
                             .rings = nullptr,
                             .channels = {}};
}

char* init_conf(ngx_cycle_t* cycle, void* data)
{
    auto& conf = *static_cast<HubConf*>(data);
    ngx_conf_init_uint_value(conf.streams, defaults::hub_streams);
    ngx_conf_init_uint_value(conf.events, defaults::hub_events);
    ngx_conf_init_uint_value(conf.sessions, defaults::hub_sessions);
    ngx_conf_init_uint_value(conf.generation, 0);
    if (!fits_hub_zone(conf)) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "sluice hub: sluice_hub_streams, sluice_hub_rings, sluice_hub_events and "
                      "sluice_hub_sessions can't change by a reload; restart nginx");
        return static_cast<char*>(NGX_CONF_ERROR);
    }
    return NGX_CONF_OK;
}

/// sluice_hub_rings SIZE:COUNT …, ascending sizes.
char* set_rings(ngx_conf_t* cf, ngx_command_t*, void* data)
{
    auto& conf = *static_cast<HubConf*>(data);
    if (conf.rings != nullptr) return const_cast<char*>("is duplicate");
    conf.rings = ngx_array_create(cf->pool, cf->args->nelts, sizeof(RingSetting));
    if (conf.rings == nullptr) return static_cast<char*>(NGX_CONF_ERROR);

    const auto* args = static_cast<ngx_str_t*>(cf->args->elts);
    std::size_t last = 0;
    for (ngx_uint_t i = 1; i < cf->args->nelts; ++i) {
        const auto text = view(args[i]);
        const auto colon = text.find(':');
        if (colon == std::string_view::npos)
            return const_cast<char*>("takes SIZE:COUNT pairs, such as 2m:64");
        ngx_str_t size{colon, args[i].data};
        const auto bytes = ngx_parse_size(&size);
        const auto count = ngx_atoi(args[i].data + colon + 1, args[i].len - colon - 1);
        if (bytes < 65536 || count < 1 || static_cast<std::size_t>(bytes) <= last) {
            return const_cast<char*>(
                "takes ascending sizes of at least 64k, each with a count of at least 1");
        }
        last = static_cast<std::size_t>(bytes);
        auto* ring = static_cast<RingSetting*>(ngx_array_push(conf.rings));
        *ring = {.bytes = last, .count = static_cast<ngx_uint_t>(count)};
    }
    return NGX_CONF_OK;
}

char* set_channels(ngx_conf_t* cf, ngx_command_t* cmd, void* data)
{
    if (auto* error = ngx_conf_set_str_slot(cf, cmd, data); error != NGX_CONF_OK) return error;
    auto& conf = *static_cast<HubConf*>(data);
    return ngx_conf_full_name(cf->cycle, &conf.channels, 0) == NGX_OK
               ? NGX_CONF_OK
               : static_cast<char*>(NGX_CONF_ERROR);
}

HubConf& conf_of(ngx_cycle_t* cycle)
{
    return *reinterpret_cast<HubConf*>(ngx_get_conf(cycle->conf_ctx, ngx_sluice_hub_module));
}

ngx_int_t init_module(ngx_cycle_t* cycle) noexcept
{
    if (ngx_test_config) return NGX_OK;
    return make_hub_zone(conf_of(cycle), cycle->log) ? NGX_OK : NGX_ERROR;
}

ngx_int_t init_process(ngx_cycle_t* cycle) noexcept
{
    try {
        return start_worker(*cycle, conf_of(cycle));
    } catch (...) {
        log_exception(cycle->log);
        return NGX_ERROR;
    }
}

void exit_process(ngx_cycle_t*) noexcept
{
    stop_worker();
}

// clang-format off

ngx_conf_num_bounds_t streams_bounds = { ngx_conf_check_num_bounds, 1, hub::kMaxStreams };
ngx_conf_num_bounds_t events_bounds = { ngx_conf_check_num_bounds, 16, 1048576 };
ngx_conf_num_bounds_t sessions_bounds = {
    ngx_conf_check_num_bounds, hub::kMinSessions, hub::kMaxSessions };

// Every name here has a heading in README.md; tests/lint/directive_docs.py checks.
ngx_command_t commands[] = {

    { ngx_string("sluice_hub_streams"),
      NGX_MAIN_CONF|NGX_DIRECT_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      0,
      offsetof(HubConf, streams),
      &streams_bounds },

    { ngx_string("sluice_hub_rings"),
      NGX_MAIN_CONF|NGX_DIRECT_CONF|NGX_CONF_1MORE,
      set_rings,
      0,
      0,
      nullptr },

    { ngx_string("sluice_hub_events"),
      NGX_MAIN_CONF|NGX_DIRECT_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      0,
      offsetof(HubConf, events),
      &events_bounds },

    { ngx_string("sluice_hub_sessions"),
      NGX_MAIN_CONF|NGX_DIRECT_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      0,
      offsetof(HubConf, sessions),
      &sessions_bounds },

    { ngx_string("sluice_hub_generation"),
      NGX_MAIN_CONF|NGX_DIRECT_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      0,
      offsetof(HubConf, generation),
      nullptr },

    { ngx_string("sluice_hub_channels"),
      NGX_MAIN_CONF|NGX_DIRECT_CONF|NGX_CONF_TAKE1,
      set_channels,
      0,
      offsetof(HubConf, channels),
      nullptr },

      ngx_null_command
};

ngx_core_module_t context = {
    ngx_string("sluice_hub"),
    create_conf,
    init_conf
};

// clang-format on

}  // namespace
}  // namespace sluice::ngx

// clang-format off
ngx_module_t ngx_sluice_hub_module = {
    NGX_MODULE_V1,
    &sluice::ngx::context,
    sluice::ngx::commands,
    NGX_CORE_MODULE,
    nullptr,                     // init master
    sluice::ngx::init_module,
    sluice::ngx::init_process,
    nullptr,                     // init thread
    nullptr,                     // exit thread
    sluice::ngx::exit_process,
    nullptr,                     // exit master
    NGX_MODULE_V1_PADDING
};
// clang-format on
