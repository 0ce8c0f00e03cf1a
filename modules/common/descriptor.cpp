#include "descriptor.hpp"

#include <unistd.h>

#include "guard.hpp"

namespace sluice::ngx {

bool Descriptor::open(int fd, For what, Owner& owner)
{
    close();
    auto* log = ngx_cycle->log;
    auto* c = ngx_get_connection(fd, log);
    if (c == nullptr) {
        ::close(fd);
        return false;
    }
    c->log = c->read->log = c->write->log = log;
    c->data = this;
    c->read->handler = event_door<happened>;
    c->write->handler = event_door<happened>;
    // A worker that ends says nothing of these: they end with what they belong to.
    c->read->channel = 1;
    connection_ = c;
    owner_ = &owner;
    const bool reads = what == For::reading;
    auto* event = reads ? c->read : c->write;
    const auto added =
        ngx_add_event(event, reads ? NGX_READ_EVENT : NGX_WRITE_EVENT, NGX_CLEAR_EVENT);
    if (added != NGX_OK) close();
    return added == NGX_OK;
}

void Descriptor::close()
{
    if (connection_ == nullptr) return;
    auto* c = connection_;
    connection_ = nullptr;
    c->data = nullptr;
    ngx_close_connection(c);
}

void Descriptor::again_later()
{
    if (connection_ != nullptr) ngx_post_event(connection_->read, &ngx_posted_next_events);
}

void Descriptor::happened(ngx_event_t& event)
{
    auto* self = static_cast<Descriptor*>(static_cast<ngx_connection_t*>(event.data)->data);
    if (self != nullptr && self->is_open()) self->owner_->ready(*self);
}

}  // namespace sluice::ngx
