#include "held_request.hpp"

#include <memory>

#include "conf.hpp"
#include "modules/common/guard.hpp"

namespace sluice::ngx {
namespace {

struct Held {
    ngx_http_request_t* r = nullptr;
    std::function<ngx_int_t(const Authorised&)> go_on;
    std::unique_ptr<Authorisation> asking;
};

void answered(Held& held, const Authorised& answer)
{
    auto* r = held.r;
    auto* c = r->connection;
    const auto go_on = std::move(held.go_on);
    held.asking.reset();
    ngx_http_set_log_request(c->log, r);
    ngx_int_t rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
    try {
        rc = go_on(answer);
    } catch (...) {
        log_exception(c->log);
    }
    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}

void destroy(void* data)
{
    delete static_cast<Held*>(data);
}

}  // namespace

ngx_int_t hold_request(ngx_http_request_t& r, const Question& question,
                       const AuthorisePolicy& policy,
                       std::function<ngx_int_t(const Authorised&)> go_on)
{
    auto* cleanup = ngx_http_cleanup_add(&r, 0);
    if (cleanup == nullptr) return NGX_HTTP_INTERNAL_SERVER_ERROR;
    auto* held = new Held{.r = &r, .go_on = std::move(go_on), .asking = nullptr};
    cleanup->data = held;
    cleanup->handler = cleanup_door<destroy>;
    held->asking = std::make_unique<Authorisation>(
        view(play_access_conf(r).authorise.socket), question, policy,
        [held](const Authorised& answer) { answered(*held, answer); });
    r.read_event_handler = ngx_http_test_reading;
    r.write_event_handler = ngx_http_request_empty_handler;
    r.main->count++;
    return NGX_DONE;
}

}  // namespace sluice::ngx
