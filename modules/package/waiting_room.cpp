#include "waiting_room.hpp"

#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/hub/slots.hpp"
#include "live_windows.hpp"
#include "modules/common/guard.hpp"
#include "modules/common/request_memory.hpp"
#include "modules/hub/worker.hpp"
#include "text_shelf.hpp"

namespace sluice::ngx {
namespace {

using package::Awaited;

/// One request. Lives until its request is freed.
struct Waiting {
    ngx_http_request_t* r = nullptr;
    hub::StreamRecord* stream = nullptr;
    Awaited awaited;
    TryAgain again;
    std::int64_t until_ms = 0;  ///< monotonic
    std::size_t place = 0;      ///< among those who wait for the same
    bool here = false;
};

using Group = std::vector<Waiting*>;

/// Those who wait for one stream.
struct Room {
    std::map<Awaited, Group> groups;
    std::size_t waiting = 0;      ///< in all of them
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

/// True for the first one in the room: what changed before was told to nobody.
bool enter(Waiting& waiting)
{
    auto& room = rooms[index_of(waiting)];
    auto& group = room.groups[waiting.awaited];
    waiting.place = group.size();
    group.push_back(&waiting);
    worker()->slot_record().held.store(static_cast<std::uint32_t>(++count));
    waiting.here = true;
    keep_worker();
    const bool first = room.waiting++ == 0;
    if (first) hub::want_window_wakes(*waiting.stream, worker()->slot, true);
    return first;
}

void leave(Waiting& waiting)
{
    if (!waiting.here) return;
    waiting.here = false;
    worker()->slot_record().held.store(static_cast<std::uint32_t>(--count));
    const auto room = rooms.find(index_of(waiting));
    auto& groups = room->second.groups;
    const auto found = groups.find(waiting.awaited);
    auto& group = found->second;
    group[waiting.place] = group.back();
    group[waiting.place]->place = waiting.place;
    group.pop_back();
    if (group.empty()) groups.erase(found);
    if (--room->second.waiting != 0) return;
    hub::want_window_wakes(*waiting.stream, worker()->slot, false);
    rooms.erase(room);
}

/// The request ends, or its client has left: before its memory is freed.
void abandon(void* data)
{
    leave(*static_cast<Waiting*>(data));
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

/// Who waits for this in the room; nullptr: nobody any more.
Group* group_of(std::uint32_t index, const Awaited& awaited)
{
    const auto room = rooms.find(index);
    if (room == rooms.end()) return nullptr;
    const auto found = room->second.groups.find(awaited);
    return found == room->second.groups.end() ? nullptr : &found->second;
}

/// From the back: who is answered leaves, and the last one, who was looked at already, takes his
/// place. An answer may free others of its connection, too.
void attempt_all(std::uint32_t index, const Awaited& awaited, std::int64_t now_ms)
{
    const auto* group = group_of(index, awaited);
    for (auto i = group == nullptr ? 0 : group->size(); i-- > 0;) {
        group = group_of(index, awaited);
        if (group == nullptr) return;
        if (i >= group->size()) continue;
        auto& waiting = *(*group)[i];
        attempt(waiting, now_ms >= waiting.until_ms);
    }
}

std::vector<Awaited> awaited_in(const Room& room)
{
    std::vector<Awaited> all;
    all.reserve(room.groups.size());
    for (const auto& [awaited, group] : room.groups) all.push_back(awaited);
    return all;
}

/// What may have an answer now.
std::vector<Awaited> ready_in(const Room& room, const hub::StreamRecord& stream)
{
    auto all = awaited_in(room);
    const auto view = look_at_window(stream);
    if (!view || view->ended) return all;
    std::erase_if(all, [&](const Awaited& awaited) {
        return package::still_awaited(*view->window, awaited);
    });
    return all;
}

}  // namespace

ngx_int_t wait_for_window(ngx_http_request_t& r, hub::StreamRecord& stream, const Awaited& awaited,
                          std::int64_t longest_ms, TryAgain again)
{
    auto* cleanup = ngx_http_cleanup_add(&r, 0);
    if (cleanup == nullptr) return NGX_HTTP_INTERNAL_SERVER_ERROR;
    auto& waiting = keep_with(r, Waiting{});
    cleanup->data = &waiting;
    cleanup->handler = cleanup_door<abandon>;
    waiting.r = &r;
    waiting.stream = &stream;
    waiting.awaited = awaited;
    waiting.again = std::move(again);
    waiting.until_ms = mono_ms() + longest_ms;
    const auto rc = enter(waiting) ? waiting.again(r, false) : NGX_AGAIN;
    if (rc != NGX_AGAIN) {
        leave(waiting);
        return rc;
    }
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
    const auto now_ms = mono_ms();
    for (const auto& awaited : ready_in(room, stream)) attempt_all(index, awaited, now_ms);
}

void look_at_all_waiting(std::int64_t now_ms)
{
    std::vector<std::pair<std::uint32_t, std::vector<Awaited>>> all;
    all.reserve(rooms.size());
    for (const auto& [index, room] : rooms) all.emplace_back(index, awaited_in(room));
    for (const auto& [index, of_room] : all) {
        for (const auto& awaited : of_room) attempt_all(index, awaited, now_ms);
    }
}

std::size_t waiting_requests()
{
    return count;
}

}  // namespace sluice::ngx
