#include "page_gate.hpp"

#include "access.hpp"
#include "conf.hpp"
#include "modules/common/guard.hpp"
#include "modules/common/http_answer.hpp"

namespace sluice::ngx {
namespace {

/// The first component of a path.
std::string_view id_in(std::string_view path)
{
    if (!path.starts_with('/')) return {};
    path.remove_prefix(1);
    return path.substr(0, path.find('/'));
}

ngx_int_t judge_page(ngx_http_request_t& r)
{
    const auto page = play_access_conf(r).page;
    if (page == kPageOff) return NGX_DECLINED;
    const auto id = id_in(view(r.uri));
    const auto reason = page == kPagePicture ? picture_refused(r, id) : page_refused(r, id);
    if (!reason) return NGX_DECLINED;
    ngx_http_finalize_request(&r, send_refusal(r, *reason));
    return NGX_DONE;
}

}  // namespace

ngx_int_t install_page_gate(ngx_conf_t& cf)
{
    auto* main = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf((&cf), ngx_http_core_module));
    auto* handler = static_cast<ngx_http_handler_pt*>(
        ngx_array_push(&main->phases[NGX_HTTP_ACCESS_PHASE].handlers));
    if (handler == nullptr) return NGX_ERROR;
    *handler = http_door<judge_page>;
    return NGX_OK;
}

}  // namespace sluice::ngx
