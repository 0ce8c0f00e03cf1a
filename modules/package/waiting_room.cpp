#include "waiting_room.hpp"

#include <unordered_map>
#include <vector>

#include "core/hub/slots.hpp"
#include "live_windows.hpp"
#include "modules/common/guard.hpp"
#include "modules/hub/worker.hpp"

namespace sluice::ngx {
namespace {

/// One request. Lives until its request is freed.
struct Waiting {
    ngx_http_request_t* r = nullptr;
    hub::StreamRecord* stream = nullptr;
    TryAgain again;
    ngx_event_t timer{};
    std::size_t place = 0;  ///< in its room
    bool here = false;
};

/// Those who wait for one stream.
struct Room {
    std::vector<Waiting*> all;
    package::Edition seen;        ///< of the window, when they were looked at last
    std::uint64_t seen_word = 0;  ///< StreamRecord::current then
};

// By stream. Bounded by the worker's connections.
std::unordered_map<std::uint32_t, Room> rooms;
std::size_t count = 0;

std::uint32_t index_of(const Waiting& waiting)
{
    return worker()->zone.index_of(*waiting.stream);
}

void enter(Waiting& waiting)
{
    auto& room = rooms[index_of(waiting)].all;
    waiting.place = room.size();
    room.push_back(&waiting);
    worker()->slot_record().held.store(static_cast<std::uint32_t>(++count));
    waiting.here = true;
    if (room.size() == 1) hub::want_window_wakes(*waiting.stream, worker()->slot, true);
}

void leave(Waiting& waiting)
{
    if (waiting.timer.timer_set) ngx_del_timer(&waiting.timer);
    if (!waiting.here) return;
    waiting.here = false;
    worker()->slot_record().held.store(static_cast<std::uint32_t>(--count));
    const auto found = rooms.find(index_of(waiting));
    auto& room = found->second.all;
    room[waiting.place] = room.back();
    room[waiting.place]->place = waiting.place;
    room.pop_back();
    if (!room.empty()) return;
    hub::want_window_wakes(*waiting.stream, worker()->slot, false);
    rooms.erase(found);
}

void destroy(void* data)
{
    auto* waiting = static_cast<Waiting*>(data);
    leave(*waiting);
    delete waiting;
}

void finish(Waiting& waiting, ngx_int_t rc)
{
    auto* r = waiting.r;
    auto* c = r->connection;
    leave(waiting);
    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}

/// Answers the request if there is an answer now.
void attempt(Waiting& waiting, bool late)
{
    ngx_http_set_log_request(waiting.r->connection->log, waiting.r);
    ngx_int_t rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
    try {
        rc = waiting.again(*waiting.r, late);
    } catch (...) {
        log_exception(waiting.r->connection->log);
    }
    if (rc == NGX_AGAIN && !late) return;
    finish(waiting, rc == NGX_AGAIN ? NGX_HTTP_SERVICE_UNAVAILABLE : rc);
}

void over(ngx_event_t& event)
{
    attempt(*static_cast<Waiting*>(event.data), true);
}

/// From the back: who is answered leaves, and the last one, who was looked at already, takes his
/// place. An answer may free others of its connection, too.
void look_at(std::uint32_t index)
{
    const auto found = rooms.find(index);
    if (found == rooms.end()) return;
    for (auto i = found->second.all.size(); i-- > 0;) {
        const auto room = rooms.find(index);
        if (room == rooms.end()) return;
        if (i < room->second.all.size()) attempt(*room->second.all[i], false);
    }
}

}  // namespace

ngx_int_t wait_for_window(ngx_http_request_t& r, hub::StreamRecord& stream, ngx_msec_t longest,
                          TryAgain again)
{
    auto* cleanup = ngx_http_cleanup_add(&r, 0);
    if (cleanup == nullptr) return NGX_HTTP_INTERNAL_SERVER_ERROR;
    auto* waiting = new Waiting{.r = &r, .stream = &stream, .again = std::move(again)};
    cleanup->data = waiting;
    cleanup->handler = cleanup_door<destroy>;
    enter(*waiting);
    const auto rc = waiting->again(r, false);
    if (rc != NGX_AGAIN) {
        leave(*waiting);
        return rc;
    }
    waiting->timer.handler = event_door<over>;
    waiting->timer.data = waiting;
    waiting->timer.log = r.connection->log;
    ngx_add_timer(&waiting->timer, longest);
    r.read_event_handler = ngx_http_test_reading;
    r.write_event_handler = ngx_http_request_empty_handler;
    r.main->count++;
    return NGX_DONE;
}

void window_changed(const hub::StreamRecord& stream)
{
    if (count == 0) return;
    const auto index = worker()->zone.index_of(stream);
    const auto found = rooms.find(index);
    if (found == rooms.end()) return;
    // Others wake this worker at every tag.
    auto& room = found->second;
    const auto edition = package::edition_of(live_windows().of(index));
    const auto word = stream.current.load();
    if (edition == room.seen && word == room.seen_word) return;
    room.seen = edition;
    room.seen_word = word;
    look_at(index);
}

void look_at_all_waiting()
{
    std::vector<std::uint32_t> all;
    all.reserve(rooms.size());
    for (const auto& [index, room] : rooms) all.push_back(index);
    for (const auto index : all) look_at(index);
}

std::size_t waiting_requests()
{
    return count;
}

}  // namespace sluice::ngx
