#include "generation_wait.hpp"

#include <charconv>

#include "modules/common/guard.hpp"
#include "reply.hpp"
#include "report.hpp"

namespace sluice::ngx {
namespace {

constexpr ngx_msec_t kLookEvery = 2;
constexpr std::int64_t kLongest = 5000;

/// A request that is held until a snapshot is in force.
struct Wait {
    ngx_http_request_t* r;
    std::uint64_t generation;
    std::int64_t until_ms;
    ngx_event_t timer;
};

std::int64_t number(std::string_view text)
{
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

void look(ngx_event_t& event)
{
    auto& wait = *static_cast<Wait*>(event.data);
    if (!snapshot_in_force(wait.generation) && mono_ms() < wait.until_ms)
        return ngx_add_timer(&event, kLookEvery);
    auto* c = wait.r->connection;
    ngx_http_finalize_request(wait.r, send_json(*wait.r, NGX_HTTP_OK, report_generation()));
    ngx_http_run_posted_requests(c);
}

void cancel(void* data)
{
    auto& wait = *static_cast<Wait*>(data);
    if (wait.timer.timer_set) ngx_del_timer(&wait.timer);
}

}  // namespace

ngx_int_t serve_generation(ngx_http_request_t& r)
{
    const auto generation = static_cast<std::uint64_t>(number(argument(r, "snapshot")));
    const auto timeout = std::min(number(argument(r, "timeout_ms")), kLongest);
    if (timeout <= 0 || snapshot_in_force(generation))
        return send_json(r, NGX_HTTP_OK, report_generation());

    auto* cleanup = ngx_http_cleanup_add(&r, sizeof(Wait));
    if (cleanup == nullptr) return NGX_HTTP_INTERNAL_SERVER_ERROR;
    auto* wait = new (cleanup->data)
        Wait{.r = &r, .generation = generation, .until_ms = mono_ms() + timeout, .timer = {}};
    cleanup->handler = cleanup_door<cancel>;
    wait->timer.data = wait;
    wait->timer.log = r.connection->log;
    wait->timer.handler = event_door<look>;
    ngx_add_timer(&wait->timer, kLookEvery);
    r.read_event_handler = ngx_http_test_reading;
    r.main->count++;
    return NGX_DONE;
}

}  // namespace sluice::ngx
