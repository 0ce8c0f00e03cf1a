#include <new>

#include "conf.hpp"
#include "feeder.hpp"
#include "hook_set.hpp"
#include "hook_table.hpp"
#include "modules/hub/worker.hpp"

extern "C" ngx_module_t ngx_sluice_exec_module;

namespace sluice::ngx {
namespace {

void* create_conf(ngx_cycle_t* cycle)
{
    auto* mem = ngx_pcalloc(cycle->pool, sizeof(ExecConf));
    if (mem == nullptr) return nullptr;
    return new (mem) ExecConf{.program = {},
                              .logs = {},
                              .processes = NGX_CONF_UNSET_UINT,
                              .cpu_units = 0,
                              .memory_mb = 0,
                              .cgroup = {},
                              .stall = NGX_CONF_UNSET_MSEC};
}

char* init_conf(ngx_cycle_t* cycle, void* data)
{
    auto& conf = *static_cast<ExecConf*>(data);
    ngx_conf_init_uint_value(conf.processes, defaults::exec_processes);
    ngx_conf_init_msec_value(conf.stall, defaults::exec_stall);
    for (auto* path : {&conf.program, &conf.logs, &conf.cgroup}) {
        if (path->len != 0 && ngx_conf_full_name(cycle, path, 0) != NGX_OK)
            return static_cast<char*>(NGX_CONF_ERROR);
    }
    return NGX_CONF_OK;
}

/// sluice_exec_budget UNITS MEGABYTES.
char* set_budget(ngx_conf_t* cf, ngx_command_t*, void* data)
{
    auto& conf = *static_cast<ExecConf*>(data);
    const auto* args = static_cast<ngx_str_t*>(cf->args->elts);
    const auto number = [&](int i) { return ngx_atoi(args[i].data, args[i].len); };
    if (number(1) == NGX_ERROR || number(2) == NGX_ERROR)
        return const_cast<char*>("takes two numbers: units of CPU (1024 are a core) and megabytes");
    conf.cpu_units = static_cast<ngx_uint_t>(number(1));
    conf.memory_mb = static_cast<ngx_uint_t>(number(2));
    return NGX_CONF_OK;
}

ExecConf& conf_of(ngx_cycle_t* cycle)
{
    return *reinterpret_cast<ExecConf*>(ngx_get_conf(cycle->conf_ctx, ngx_sluice_exec_module));
}

ngx_int_t init_module(ngx_cycle_t* cycle) noexcept
{
    if (ngx_test_config) return NGX_OK;
    const auto& conf = conf_of(cycle);
    if (!make_hook_table(conf, *cycle->log)) return NGX_ERROR;
    hook_table().set_budget({.cpu_units = static_cast<std::uint32_t>(conf.cpu_units),
                             .memory_mb = static_cast<std::uint32_t>(conf.memory_mb)});
    return NGX_OK;
}

ngx_int_t init_process(ngx_cycle_t*) noexcept
{
    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE) return NGX_OK;
    add_listener({.stream_dirty = [](hub::StreamRecord& stream) { feed_from(stream); },
                  .tick = tend_leaving_hooks,
                  .busy = has_leaving_hooks});
    return NGX_OK;
}

// clang-format off

ngx_conf_num_bounds_t process_bounds = { ngx_conf_check_num_bounds, 1, 16384 };

// Every name here has a heading in README.md; tests/lint/directive_docs.py checks.
ngx_command_t commands[] = {

    { ngx_string("sluice_exec_program"),
      NGX_MAIN_CONF|NGX_DIRECT_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ExecConf, program),
      nullptr },

    { ngx_string("sluice_exec_logs"),
      NGX_MAIN_CONF|NGX_DIRECT_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ExecConf, logs),
      nullptr },

    { ngx_string("sluice_exec_processes"),
      NGX_MAIN_CONF|NGX_DIRECT_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      0,
      offsetof(ExecConf, processes),
      &process_bounds },

    { ngx_string("sluice_exec_budget"),
      NGX_MAIN_CONF|NGX_DIRECT_CONF|NGX_CONF_TAKE2,
      set_budget,
      0,
      0,
      nullptr },

    { ngx_string("sluice_exec_cgroup"),
      NGX_MAIN_CONF|NGX_DIRECT_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ExecConf, cgroup),
      nullptr },

    { ngx_string("sluice_exec_stall"),
      NGX_MAIN_CONF|NGX_DIRECT_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      offsetof(ExecConf, stall),
      nullptr },

      ngx_null_command
};

ngx_core_module_t context = {
    ngx_string("sluice_exec"),
    create_conf,
    init_conf
};

// clang-format on

}  // namespace

const ExecConf& exec_conf()
{
    return conf_of(const_cast<ngx_cycle_t*>(ngx_cycle));
}

}  // namespace sluice::ngx

// clang-format off
ngx_module_t ngx_sluice_exec_module = {
    NGX_MODULE_V1,
    &sluice::ngx::context,
    sluice::ngx::commands,
    NGX_CORE_MODULE,
    nullptr,                   // init master
    sluice::ngx::init_module,
    sluice::ngx::init_process,
    nullptr,                   // init thread
    nullptr,                   // exit thread
    nullptr,                   // exit process
    nullptr,                   // exit master
    NGX_MODULE_V1_PADDING
};
// clang-format on
