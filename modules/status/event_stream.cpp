#include "event_stream.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "core/hub/events.hpp"
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
constexpr std::int64_t kPublicLifeMs = 10 * 60'000;
constexpr std::size_t kMostPending = 64 * 1024;  // then the ring itself is the queue

/// One listener: a place in the event ring and the text that is under way.
class EventStream {
public:
    EventStream(ngx_http_request_t& r, bool control, std::uint64_t next, bool reset);
    EventStream(const EventStream&) = delete;
    EventStream& operator=(const EventStream&) = delete;
    ~EventStream();

    void pump();
    void finish();
    void on_writable();

private:
    void collect();
    void append(std::uint64_t seq, const std::string& json);
    static void beat(ngx_event_t& event);

    ngx_http_request_t* r_;
    CopyingSink sink_;
    std::string pending_;
    std::uint64_t next_;
    std::int64_t until_ms_;
    std::int64_t open_since_ms_ = 0;  ///< the next event is being written since then; 0: it is not
    ngx_event_t heartbeat_{};
    bool blocked_ = false;
    bool finished_ = false;
};

std::vector<EventStream*> streams;

EventStream* stream_of(ngx_http_request_t& r)
{
    return static_cast<EventStream*>(ngx_http_get_module_ctx((&r), ngx_http_sluice_status_module));
}

EventStream::EventStream(ngx_http_request_t& r, bool control, std::uint64_t next, bool reset)
    : r_(&r), next_(next), until_ms_(control ? 0 : mono_ms() + kPublicLifeMs)
{
    pending_ = ": sluice events\n\n";
    if (reset) {
        pending_ += "id: " + boot_text() + "-" + std::to_string(next - 1) +
                    "\nevent: reset\ndata: {\"type\":\"reset\"}\n\n";
    }
    heartbeat_.log = r.connection->log;
    heartbeat_.handler = event_door<beat>;
    heartbeat_.cancelable = 1;
    heartbeat_.data = this;
    streams.push_back(this);
    worker()->slot_record().follows_events.store(1);
}

EventStream::~EventStream()
{
    std::erase(streams, this);
    if (streams.empty()) worker()->slot_record().follows_events.store(0);
    if (heartbeat_.timer_set) ngx_del_timer(&heartbeat_);
}

void EventStream::beat(ngx_event_t& event)
{
    auto& self = *static_cast<EventStream*>(event.data);
    if (self.until_ms_ != 0 && mono_ms() >= self.until_ms_) return self.finish();
    if (self.pending_.empty() && self.open_since_ms_ == 0) self.pending_ = ": \n\n";
    self.pump();
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
    pending_ += "id: " + boot_text() + "-" + std::to_string(seq) + "\nevent: " + type +
                "\ndata: " + json + "\n\n";
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
        blocked_ = true;
        break;
    }
    ngx_add_timer(&heartbeat_, open_since_ms_ != 0 ? kOpenRetry : kHeartbeat);
}

/// Finalised by the request's write event, because we may be in another's wake-up.
void EventStream::finish()
{
    finished_ = true;
    auto* event = r_->connection->write;
    ngx_post_event(event, &ngx_posted_events);
}

void EventStream::on_writable()
{
    if (finished_) return ngx_http_finalize_request(r_, ngx_http_send_special(r_, NGX_HTTP_LAST));
    const auto sent = sink_.flush(*r_);
    if (sent.failed) return ngx_http_finalize_request(r_, NGX_ERROR);
    blocked_ = sent.blocked;
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

}  // namespace

ngx_int_t serve_events(ngx_http_request_t& r, bool control)
{
    if (const auto rc = ngx_http_discard_request_body(&r); rc != NGX_OK) return rc;
    auto after = argument(r, "after");
    if (after.empty()) after = last_event_id(r);
    bool reset = false;
    const auto next = place_after(after, reset);

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
    auto* stream = new (mem) EventStream(r, control, next, reset);
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
