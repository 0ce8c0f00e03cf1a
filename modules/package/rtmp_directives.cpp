#include <new>

#include "conf.hpp"

extern "C" ngx_module_t ngx_rtmp_sluice_package_module;

namespace sluice::ngx {
namespace {

void* create_conf(ngx_conf_t* cf)
{
    auto* mem = ngx_pcalloc(cf->pool, sizeof(PackageStreamConf));
    if (mem == nullptr) return nullptr;
    return new (mem) PackageStreamConf{.outputs = 0,
                                       .segment = NGX_CONF_UNSET_MSEC,
                                       .part = NGX_CONF_UNSET_MSEC,
                                       .list = NGX_CONF_UNSET_UINT,
                                       .dvr = NGX_CONF_UNSET};
}

char* merge_conf(ngx_conf_t*, void* parent, void* child)
{
    const auto& prev = *static_cast<PackageStreamConf*>(parent);
    auto& conf = *static_cast<PackageStreamConf*>(child);
    ngx_conf_merge_bitmask_value(conf.outputs, prev.outputs, NGX_CONF_BITMASK_SET);
    ngx_conf_merge_msec_value(conf.segment, prev.segment, defaults::package_segment);
    ngx_conf_merge_msec_value(conf.part, prev.part, defaults::package_part);
    ngx_conf_merge_uint_value(conf.list, prev.list, defaults::package_list);
    ngx_conf_merge_sec_value(conf.dvr, prev.dvr, 0);
    return NGX_CONF_OK;
}

/// A time between two others, ms.
template <ngx_msec_t Least, ngx_msec_t Most>
char* set_time(ngx_conf_t* cf, ngx_command_t* cmd, void* conf)
{
    if (auto* error = ngx_conf_set_msec_slot(cf, cmd, conf); error != NGX_CONF_OK) return error;
    const auto value = *reinterpret_cast<ngx_msec_t*>(static_cast<char*>(conf) + cmd->offset);
    if (value >= Least && value <= Most) return NGX_CONF_OK;
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "value must be between %Mms and %Mms", Least, Most);
    return static_cast<char*>(NGX_CONF_ERROR);
}

constexpr ngx_uint_t kAnywhere = NGX_RTMP_MAIN_CONF | NGX_RTMP_SRV_CONF | NGX_RTMP_APP_CONF;

// clang-format off

ngx_conf_bitmask_t output_values[] = {
    { ngx_string("off"), kMakeNothing },
    { ngx_string("hls"), kMakeHls },
    { ngx_string("cmaf"), kMakeCmaf },
    { ngx_null_string, 0 }
};

ngx_conf_num_bounds_t list_bounds = { ngx_conf_check_num_bounds, 3, 100 };

// Every name here has a heading in README.md; tests/lint/directive_docs.py checks.
ngx_command_t commands[] = {

    { ngx_string("sluice_package"),
      kAnywhere|NGX_CONF_1MORE,
      ngx_conf_set_bitmask_slot,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(PackageStreamConf, outputs),
      output_values },

    { ngx_string("sluice_package_segment"),
      kAnywhere|NGX_CONF_TAKE1,
      set_time<1'000, 30'000>,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(PackageStreamConf, segment),
      nullptr },

    { ngx_string("sluice_package_part"),
      kAnywhere|NGX_CONF_TAKE1,
      set_time<100, 2'000>,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(PackageStreamConf, part),
      nullptr },

    { ngx_string("sluice_package_list"),
      kAnywhere|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(PackageStreamConf, list),
      &list_bounds },

    { ngx_string("sluice_package_dvr"),
      kAnywhere|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(PackageStreamConf, dvr),
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

}  // namespace

const PackageStreamConf& package_stream_conf(const ngx_rtmp_session_t& s)
{
    return *static_cast<PackageStreamConf*>(s.app_conf[ngx_rtmp_sluice_package_module.ctx_index]);
}

}  // namespace sluice::ngx

// clang-format off
ngx_module_t ngx_rtmp_sluice_package_module = {
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
