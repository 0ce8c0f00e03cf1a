#include "event_stream.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "conf.hpp"
#include "core/hub/events.hpp"
#include "event_filter.hpp"
#include "modules/common/copying_sink.hpp"
#include "modules/common/guard.hpp"
#include "modules/hub/worker.hpp"
#include "reply.hpp"
#include "report.hpp"

extern "C" ngx_module_t ngx_http_sluice_status_module;

namespace sluice::ngx {
namespace {

constexpr ngx_msec_t kHeartbeat = 15'000;  // keeps proxies from closing a quiet connection
constexpr ngx_msec_t kOpenRetry = 50;
constexpr std::int64_t kOpenPatienceMs =
    500;  // for a writer that is inside the next event; longer and it is dead
constexpr std::size_t kMostPending = 64UL * 1024;  // then the ring itself is the queue

/// What a listener asked for, and may have.
struct Terms {
    std::uint64_t next = 0;   ///< the first event
    bool reset = false;       ///< its place is lost
    bool everything = false;  ///< else what a viewer may see
    ngx_msec_t lifetime = 0;  ///< 0: for ever
};

/// One listener: a place in the event ring and the text that is under way.
class EventStream {
public:
    EventStream(ngx_http_request_t& r, const Terms& terms);
    EventStream(const EventStream&) = delete;
    EventStream& operator=(const EventStream&) = delete;
    ~EventStream();

    void pump();
    void finish();
    void on_writable();

private:
    void collect();
    void append(std::uint64_t seq, const std::string& json);
    void set_blocked(bool blocked, bool progress);
    static void beat(ngx_event_t& event);
    static void expire(ngx_event_t& event);

    ngx_http_request_t* r_;
    CopyingSink sink_;
    std::string pending_;
    std::uint64_t next_;
    bool everything_;
    std::int64_t open_since_ms_ = 0;  ///< the next event is being written since then; 0: it is not
    ngx_event_t heartbeat_{};
    ngx_event_t end_{};  ///< of its lifetime
    bool blocked_ = false;
    bool finished_ = false;
};

std::vector<EventStream*> streams;

EventStream* stream_of(ngx_http_request_t& r)
{
    return static_cast<EventStream*>(ngx_http_get_module_ctx((&r), ngx_http_sluice_status_module));
}

EventStream::EventStream(ngx_http_request_t& r, const Terms& terms)
    : r_(&r), next_(terms.next), everything_(terms.everything)
{
    pending_ = ": sluice events\n\n";
    if (terms.reset) {
        pending_ += "id: " + boot_text() + "-" + std::to_string(next_ - 1) +
                    "\nevent: reset\ndata: {\"type\":\"reset\"}\n\n";
    }
    for (auto* timer : {&heartbeat_, &end_}) {
        timer->log = r.connection->log;
        timer->cancelable = 1;
        timer->data = this;
    }
    heartbeat_.handler = event_door<beat>;
    end_.handler = event_door<expire>;
    if (terms.lifetime != 0) ngx_add_timer(&end_, terms.lifetime);
    streams.push_back(this);
    worker()->slot_record().follows_events.store(1);
}

EventStream::~EventStream()
{
    std::erase(streams, this);
    if (streams.empty()) worker()->slot_record().follows_events.store(0);
    for (auto* timer : {&heartbeat_, &end_}) {
        if (timer->timer_set) ngx_del_timer(timer);
    }
}

void EventStream::beat(ngx_event_t& event)
{
    auto& self = *static_cast<EventStream*>(event.data);
    if (self.pending_.empty() && self.open_since_ms_ == 0) self.pending_ = ": \n\n";
    self.pump();
}

void EventStream::expire(ngx_event_t& event)
{
    static_cast<EventStream*>(event.data)->finish();
}

void EventStream::collect()
{
    std::string json;
    while (pending_.size() < kMostPending) {
        const auto heard = hub::read_event(worker()->zone, next_, json);
        if (heard == hub::Heard::none) return;
        if (heard == hub::Heard::lost) {
            next_ = hub::newest_event(worker()->zone) + 1;
            pending_ += "id: " + boot_text() + "-" + std::to_string(next_ - 1) +
                        "\nevent: reset\ndata: {\"type\":\"reset\"}\n\n";
            continue;
        }
        if (heard == hub::Heard::open) {
            if (open_since_ms_ == 0) open_since_ms_ = mono_ms();
            if (mono_ms() - open_since_ms_ < kOpenPatienceMs) return;
        }
        if (heard == hub::Heard::event) append(next_, json);
        open_since_ms_ = 0;
        ++next_;
    }
}

void EventStream::append(std::uint64_t seq, const std::string& json)
{
    const auto event = Json::parse(json, nullptr, false);
    const auto type = event.is_object() ? event.value("type", "message") : "message";
    const auto shown = everything_ ? std::optional(event) : shown_to_viewer(event);
    if (!shown) return;
    pending_ += "id: " + boot_text() + "-" + std::to_string(seq) + "\nevent: " + type +
                "\ndata: " + (everything_ ? json : shown->dump()) + "\n\n";
}

/// A reader that takes nothing for `send_timeout` is given up by its write event.
void EventStream::set_blocked(bool blocked, bool progress)
{
    blocked_ = blocked;
    auto* event = r_->connection->write;
    if (blocked && (progress || !event->timer_set)) {
        const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
            ngx_http_get_module_loc_conf(r_, ngx_http_core_module));
        ngx_add_timer(event, core->send_timeout);
    }
    if (!blocked && event->timer_set) ngx_del_timer(event);
}

void EventStream::pump()
{
    if (blocked_ || finished_) return;
    collect();
    while (!pending_.empty()) {
        const Bytes piece(reinterpret_cast<const std::uint8_t*>(pending_.data()), pending_.size());
        const auto sent = sink_.send(*r_, {&piece, 1});
        if (sent.failed) return finish();
        pending_.erase(0, sent.bytes);
        collect();
        if (!sent.blocked) continue;
        set_blocked(true, sent.bytes != 0);
        break;
    }
    ngx_add_timer(&heartbeat_, open_since_ms_ != 0 ? kOpenRetry : kHeartbeat);
}

/// Finalised by the request's write event, because we may be in another's wake-up.
void EventStream::finish()
{
    if (finished_) return;
    finished_ = true;
    auto* event = r_->connection->write;
    ngx_post_event(event, &ngx_posted_events);
}

void EventStream::on_writable()
{
    if (r_->connection->write->timedout) {
        ngx_log_error(NGX_LOG_INFO, r_->connection->log, NGX_ETIMEDOUT,
                      "sluice status: the reader of events takes nothing");
        r_->connection->timedout = 1;
        return ngx_http_finalize_request(r_, NGX_HTTP_REQUEST_TIME_OUT);
    }
    if (finished_) return ngx_http_finalize_request(r_, ngx_http_send_special(r_, NGX_HTTP_LAST));
    const auto sent = sink_.flush(*r_);
    if (sent.failed) return ngx_http_finalize_request(r_, NGX_ERROR);
    set_blocked(sent.blocked, true);
    pump();
}

void on_writable(ngx_http_request_t& r)
{
    if (auto* stream = stream_of(r)) stream->on_writable();
}

void destroy(void* data)
{
    static_cast<EventStream*>(data)->~EventStream();
}

/// Where the client left off: `<boot>-<seq>`. Without an id it starts at the newest event.
std::uint64_t place_after(std::string_view id, bool& reset)
{
    const auto newest = hub::newest_event(worker()->zone);
    reset = false;
    if (id.empty()) return newest + 1;
    std::uint64_t seq = 0;
    const auto dash = id.rfind('-');
    if (dash != std::string_view::npos && id.substr(0, dash) == boot_text()) {
        const auto digits = id.substr(dash + 1);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), seq);
        if (error == std::errc{} && end == digits.data() + digits.size() && seq <= newest)
            return seq + 1;
    }
    reset = true;  // another life of the hub: what it knew is gone
    return newest + 1;
}

std::string_view last_event_id(const ngx_http_request_t& r)
{
    constexpr std::string_view kName = "last-event-id";
    for (const auto* part = &r.headers_in.headers.part; part != nullptr; part = part->next) {
        const auto* headers = static_cast<const ngx_table_elt_t*>(part->elts);
        for (ngx_uint_t i = 0; i < part->nelts; ++i) {
            const std::string_view key(reinterpret_cast<const char*>(headers[i].lowcase_key),
                                       headers[i].key.len);
            if (key == kName) return view(headers[i].value);
        }
    }
    return {};
}

/// `sluice_status_scope` says who is served; a location without it serves everything.
bool sees_everything(ngx_http_request_t& r, const StatusConf& conf)
{
    if (conf.scope == nullptr) return true;
    ngx_str_t scope{};
    if (ngx_http_complex_value(&r, conf.scope, &scope) != NGX_OK) return false;
    return view(scope) == "operator" || view(scope) == "admin";
}

}  // namespace

ngx_int_t serve_events(ngx_http_request_t& r, bool control)
{
    if (const auto rc = ngx_http_discard_request_body(&r); rc != NGX_OK) return rc;
    auto after = argument(r, "after");
    if (after.empty()) after = last_event_id(r);
    const auto& conf = status_conf(r);
    Terms terms{.everything = sees_everything(r, conf), .lifetime = control ? 0 : conf.lifetime};
    terms.next = place_after(after, terms.reset);

    r.headers_out.status = NGX_HTTP_OK;
    r.headers_out.content_length_n = -1;
    ngx_str_set(&r.headers_out.content_type, "text/event-stream");
    r.headers_out.content_type_len = r.headers_out.content_type.len;
    auto* cache = static_cast<ngx_table_elt_t*>(ngx_list_push(&r.headers_out.headers));
    if (cache == nullptr) return NGX_HTTP_INTERNAL_SERVER_ERROR;
    cache->hash = 1;
    ngx_str_set(&cache->key, "Cache-Control");
    ngx_str_set(&cache->value, "no-store");
    const auto rc = ngx_http_send_header(&r);
    if (rc == NGX_ERROR || rc > NGX_OK || r.header_only) return rc;

    auto* cleanup = ngx_http_cleanup_add(&r, 0);
    auto* mem = ngx_palloc(r.pool, sizeof(EventStream));
    if (cleanup == nullptr || mem == nullptr) return NGX_ERROR;
    auto* stream = new (mem) EventStream(r, terms);
    cleanup->data = stream;
    cleanup->handler = cleanup_door<destroy>;
    ngx_http_set_ctx((&r), stream, ngx_http_sluice_status_module);
    r.read_event_handler = ngx_http_test_reading;
    r.write_event_handler = request_event_door<on_writable>;
    r.main->count++;
    stream->pump();
    return NGX_DONE;
}

void events_posted()
{
    const auto all = streams;  // a pump may end its stream
    for (auto* stream : all) stream->pump();
}

void end_event_streams()
{
    const auto all = streams;
    for (auto* stream : all) stream->finish();
}

}  // namespace sluice::ngx
