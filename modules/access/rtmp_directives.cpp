#include <new>

#include "conf.hpp"
#include "rtmp_log.hpp"

extern "C" ngx_module_t ngx_rtmp_sluice_access_module;

namespace sluice::ngx {
namespace {

void* create_conf(ngx_conf_t* cf)
{
    auto* mem = ngx_pcalloc(cf->pool, sizeof(PublishAccessConf));
    if (mem == nullptr) return nullptr;
    return new (mem)
        PublishAccessConf{.publish = NGX_CONF_UNSET_UINT, .key = ngx_null_string, .authorise = {}};
}

/// Here and not when all is merged: by then nginx-rtmp has made its hooks anew, and the master
/// would go on without ours.
char* check_key(ngx_conf_t* cf, const PublishAccessConf& conf)
{
    const auto& application = *static_cast<ngx_rtmp_core_app_conf_t*>(
        ngx_rtmp_conf_get_module_app_conf(cf, ngx_rtmp_core_module));
    const bool is_server = application.name.len == 0;  // its applications may have their own
    if (is_server || conf.publish != kAccessSigned || conf.key.len != 0) return NGX_CONF_OK;
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "sluice_access_publish signed needs sluice_access_key in "
                       "application \"%V\"",
                       &application.name);
    return static_cast<char*>(NGX_CONF_ERROR);
}

char* merge_conf(ngx_conf_t* cf, void* parent, void* child)
{
    const auto& prev = *static_cast<PublishAccessConf*>(parent);
    auto& conf = *static_cast<PublishAccessConf*>(child);

    ngx_conf_merge_uint_value(conf.publish, prev.publish, defaults::access_publish);
    ngx_conf_merge_str_value(conf.key, prev.key, "");
    merge_authorise(conf.authorise, prev.authorise);
    return check_key(cf, conf);
}

char* set_key(ngx_conf_t* cf, ngx_command_t* cmd, void* conf)
{
    const auto& key = static_cast<ngx_str_t*>(cf->args->elts)[1];
    if (key.len == 0) return const_cast<char*>("takes a key that is not empty");
    return ngx_conf_set_str_slot(cf, cmd, conf);
}

ngx_int_t postconfiguration(ngx_conf_t* cf)
{
    hide_queries_of_commands(*cf);
    return NGX_OK;
}

// clang-format off

ngx_conf_enum_t publish_values[] = {
    { ngx_string("open"), kAccessOpen },
    { ngx_string("signed"), kAccessSigned },
    { ngx_string("channels"), kAccessChannels },
    { ngx_null_string, 0 }
};

// Every name here has a heading in README.md; tests/lint/directive_docs.py checks.
ngx_command_t commands[] = {

    { ngx_string("sluice_access_publish"),
      NGX_RTMP_MAIN_CONF|NGX_RTMP_SRV_CONF|NGX_RTMP_APP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(PublishAccessConf, publish),
      publish_values },

    { ngx_string("sluice_access_key"),
      NGX_RTMP_MAIN_CONF|NGX_RTMP_SRV_CONF|NGX_RTMP_APP_CONF|NGX_CONF_TAKE1,
      set_key,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(PublishAccessConf, key),
      nullptr },

    { ngx_string("sluice_access_authorise"),
      NGX_RTMP_MAIN_CONF|NGX_RTMP_SRV_CONF|NGX_RTMP_APP_CONF|NGX_CONF_1MORE,
      set_authorise,
      NGX_RTMP_APP_CONF_OFFSET,
      offsetof(PublishAccessConf, authorise),
      nullptr },

      ngx_null_command
};

ngx_rtmp_module_t context = {
    nullptr,            // preconfiguration
    postconfiguration,
    nullptr,            // create main conf
    nullptr,            // init main conf
    nullptr,            // create server conf
    nullptr,            // merge server conf
    create_conf,        // create application conf
    merge_conf,         // merge application conf
};

// clang-format on

}  // namespace

const PublishAccessConf& publish_access_conf(const ngx_rtmp_session_t& s)
{
    return *static_cast<PublishAccessConf*>(s.app_conf[ngx_rtmp_sluice_access_module.ctx_index]);
}

}  // namespace sluice::ngx

// clang-format off
ngx_module_t ngx_rtmp_sluice_access_module = {
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
