#include <new>

#include "conf.hpp"
#include "http_log.hpp"
#include "page_gate.hpp"

extern "C" ngx_module_t ngx_http_sluice_access_module;

namespace sluice::ngx {
namespace {

void* create_conf(ngx_conf_t* cf)
{
    auto* mem = ngx_pcalloc(cf->pool, sizeof(PlayAccessConf));
    if (mem == nullptr) return nullptr;
    return new (mem)
        PlayAccessConf{.play = NGX_CONF_UNSET_UINT, .page = NGX_CONF_UNSET_UINT, .authorise = {}};
}

char* merge_conf(ngx_conf_t*, void* parent, void* child)
{
    const auto& prev = *static_cast<PlayAccessConf*>(parent);
    auto& conf = *static_cast<PlayAccessConf*>(child);

    ngx_conf_merge_uint_value(conf.play, prev.play, defaults::access_play);
    ngx_conf_merge_uint_value(conf.page, prev.page, kPageOff);
    merge_authorise(conf.authorise, prev.authorise);
    return NGX_CONF_OK;
}

ngx_int_t init_module(ngx_cycle_t* cycle)
{
    hide_queries_of_requests(*cycle);
    return NGX_OK;
}

ngx_int_t postconfiguration(ngx_conf_t* cf) noexcept
{
    return install_page_gate(*cf);
}

// clang-format off

ngx_conf_enum_t play_values[] = {
    { ngx_string("open"), kAccessOpen },
    { ngx_string("channels"), kAccessChannels },
    { ngx_null_string, 0 }
};

ngx_conf_enum_t page_values[] = {
    { ngx_string("off"), kPageOff },
    { ngx_string("on"), kPageOn },
    { ngx_string("picture"), kPagePicture },
    { ngx_null_string, 0 }
};

// Every name here has a heading in README.md; tests/lint/directive_docs.py checks.
ngx_command_t commands[] = {

    { ngx_string("sluice_access_play"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(PlayAccessConf, play),
      play_values },

    { ngx_string("sluice_access_page"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(PlayAccessConf, page),
      page_values },

    { ngx_string("sluice_access_authorise"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      set_authorise,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(PlayAccessConf, authorise),
      nullptr },

      ngx_null_command
};

ngx_http_module_t context = {
    nullptr,      // preconfiguration
    postconfiguration,
    nullptr,      // create main conf
    nullptr,      // init main conf
    nullptr,      // create server conf
    nullptr,      // merge server conf
    create_conf,  // create location conf
    merge_conf,   // merge location conf
};

// clang-format on

}  // namespace

const PlayAccessConf& play_access_conf(const ngx_http_request_t& r)
{
    return *static_cast<PlayAccessConf*>(r.loc_conf[ngx_http_sluice_access_module.ctx_index]);
}

}  // namespace sluice::ngx

// clang-format off
ngx_module_t ngx_http_sluice_access_module = {
    NGX_MODULE_V1,
    &sluice::ngx::context,
    sluice::ngx::commands,
    NGX_HTTP_MODULE,
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
