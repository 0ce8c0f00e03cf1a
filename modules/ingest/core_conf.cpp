#include "core_conf.hpp"

namespace sluice::ngx {
namespace {

ngx_rtmp_core_main_conf_t* in_force = nullptr;

/// The pool of the configuration `data` goes.
void forget(void* data) noexcept
{
    if (in_force == data) in_force = nullptr;
    if (ngx_rtmp_core_main_conf == data) ngx_rtmp_core_main_conf = in_force;
}

}  // namespace

ngx_int_t guard_core_conf(ngx_conf_t& cf)
{
    auto* cleanup = ngx_pool_cleanup_add(cf.pool, 0);
    if (cleanup == nullptr) return NGX_ERROR;
    cleanup->data = ngx_rtmp_core_main_conf;
    cleanup->handler = forget;
    return NGX_OK;
}

void core_conf_taken()
{
    in_force = ngx_rtmp_core_main_conf;
}

}  // namespace sluice::ngx
