#include "wake_fd.hpp"

#include "modules/common/guard.hpp"

namespace sluice::ngx {
namespace {

ngx_connection_t* wake_connection;
void (*on_wake)();

/// Edge-triggered and never read: each write makes a new edge, whatever the counter holds.
void woken(ngx_event_t&)
{
    on_wake();
}

}  // namespace

ngx_connection_t* watch_descriptor(ngx_cycle_t& cycle, int fd, ngx_event_handler_pt handler)
{
    auto* c = ngx_get_connection(fd, cycle.log);
    if (c == nullptr) return nullptr;
    c->pool = cycle.pool;
    c->log = cycle.log;
    c->recv = ngx_recv;
    c->read->log = cycle.log;
    c->write->log = cycle.log;
    c->read->handler = handler;
    c->data = c;
    if (ngx_add_event(c->read, NGX_READ_EVENT, NGX_CLEAR_EVENT) != NGX_OK) {
        unwatch_descriptor(c);
        return nullptr;
    }
    return c;
}

void unwatch_descriptor(ngx_connection_t* c)
{
    if (c->read->active) ngx_del_event(c->read, NGX_READ_EVENT, 0);
    ngx_free_connection(c);
    c->fd = static_cast<ngx_socket_t>(-1);
}

bool listen_for_wakes(ngx_cycle_t& cycle, int fd, void (*wake)())
{
    on_wake = wake;
    wake_connection = watch_descriptor(cycle, fd, event_door<woken>);
    return wake_connection != nullptr;
}

void stop_listening_for_wakes()
{
    if (wake_connection != nullptr) unwatch_descriptor(wake_connection);
    wake_connection = nullptr;
}

}  // namespace sluice::ngx
