#include "worker.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <bit>
#include <ctime>
#include <memory>
#include <optional>
#include <vector>

#include "core/channel/stream_name.hpp"
#include "modules/common/guard.hpp"
#include "process.hpp"
#include "snapshot_watch.hpp"
#include "wake_fd.hpp"
#include "zone.hpp"

namespace sluice::ngx {
namespace {

constexpr ngx_msec_t kTick = 500;
constexpr std::int64_t kHouseEveryMs = 1000;

std::unique_ptr<Worker> self;
std::vector<Listener> listeners;
ngx_event_t tick_event;
ngx_connection_t tick_connection;  // ngx_event_t.data wants one for debug logs
std::int64_t next_house_ms = 0;

void on_wake()
{
    auto& slot = self->slot_record();
    const bool events = slot.events_dirty.exchange(0) != 0;
    hub::take_dirty(self->zone, self->slot, [](hub::StreamRecord& stream) {
        for (const auto& listener : listeners) {
            if (listener.stream_dirty != nullptr) listener.stream_dirty(stream);
        }
    });
    if (slot.events_dirty.exchange(0) == 0 && !events) return;
    for (const auto& listener : listeners) {
        if (listener.event_posted != nullptr) listener.event_posted();
    }
}

void report_ended(const hub::Ended& ended)
{
    const auto name = hub::name_of(*ended.stream);
    // Renditions, and the input behind a mark, are no streams of their own to the world.
    if (ended.waiting && channel::rendition_of(name).empty()) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "sluice hub: the worker that published \"%*s\" is gone", name.size(),
                      name.data());
        raise("stream.stopped", name, {{"reason", to_string(auth::Reason::disconnected)}});
    }
}

void keep_house(std::int64_t now_ms)
{
    if (now_ms < next_house_ms) return;
    next_house_ms = now_ms + kHouseEveryMs;
    self->poke(hub::keep_house(self->zone, now_ms, report_ended));
}

/// Sessions may outlive any number of reloads, but slots are finite: the worker that has been
/// leaving longest gives its sessions up. Players and encoders come back to a new one at once; a
/// stream goes on within its reconnect window.
void make_way()
{
    if (!hub::should_make_way(self->zone, self->slot)) return;
    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "sluice hub: slots run low, this old worker hands its sessions over");
    for (const auto& listener : listeners) {
        if (listener.hand_over != nullptr) listener.hand_over();
    }
}

bool busy()
{
    for (const auto& listener : listeners) {
        if (listener.busy != nullptr && listener.busy()) return true;
    }
    return false;
}

void on_tick(ngx_event_t& event)
{
    ngx_add_timer(&event, kTick);  // first: whatever fails below, there is a next time
    const auto now = mono_ms();
    auto& slot = self->slot_record();
    slot.heartbeat_ms.store(wall_ms());
    slot.exiting.store(ngx_exiting || ngx_quit || ngx_terminate ? 1 : 0);
    // A process that was killed between its mark and its write to our eventfd left us deaf: nobody
    // would write again.
    on_wake();
    check_snapshot();
    for (const auto& listener : listeners) {
        if (listener.tick != nullptr) listener.tick(now);
    }
    keep_house(now);
    if (ngx_exiting) make_way();
    // An old worker ends when only cancelable timers are left: it has to live as long as it holds
    // sessions. Before that the tick stays: a session may begin and a reload follow between two of
    // them.
    event.cancelable = ngx_exiting && !busy() ? 1 : 0;
}

/// An old worker does not live for a cancelable one.
void start_timer(ngx_cycle_t& cycle, ngx_event_handler_pt handler, bool cancelable)
{
    tick_connection.fd = static_cast<ngx_socket_t>(-1);
    tick_event.data = &tick_connection;
    tick_event.log = cycle.log;
    tick_event.handler = handler;
    tick_event.cancelable = cancelable ? 1 : 0;
    ngx_add_timer(&tick_event, kTick);
}

std::unique_ptr<Worker> waiting;  // for a slot
const HubConf* waiting_conf = nullptr;

ngx_int_t join(ngx_cycle_t& cycle, const HubConf& conf, std::unique_ptr<Worker> mine,
               std::uint32_t slot)
{
    mine->slot = slot;
    self = std::move(mine);
    if (!listen_for_wakes(cycle, self->zone.header().wake_fd[slot], on_wake)) return NGX_ERROR;
    watch_snapshots(cycle, conf.channels);
    auto& record = self->slot_record();
    record.heartbeat_ms.store(wall_ms());
    record.config_generation.store(conf.generation);
    start_timer(cycle, event_door<on_tick>, false);
    return NGX_OK;
}

/// Serves no streams until a worker of an earlier configuration has ended.
void try_again(ngx_event_t& event)
{
    const auto slot = hub::claim_slot(waiting->zone, waiting->self);
    if (!slot) return ngx_add_timer(&event, kTick);
    auto& cycle = const_cast<ngx_cycle_t&>(*ngx_cycle);
    if (join(cycle, *waiting_conf, std::move(waiting), *slot) != NGX_OK) {
        ngx_log_error(NGX_LOG_ALERT, cycle.log, 0, "sluice hub: this worker could not begin");
    }
}

void try_again_later(ngx_cycle_t& cycle, const HubConf& conf, std::unique_ptr<Worker> mine)
{
    waiting = std::move(mine);
    waiting_conf = &conf;
    start_timer(cycle, event_door<try_again>, true);
}

/// Old workers make way within a tick or two when slots are short; new connections wait in the
/// backlog so long.
std::optional<std::uint32_t> wait_for_slot(const Worker& mine)
{
    constexpr std::int64_t kLongestMs = 3000;
    constexpr timespec kBetween{.tv_sec = 0, .tv_nsec = 20'000'000};
    const auto deadline = mono_ms() + kLongestMs;
    for (;;) {
        if (const auto slot = hub::claim_slot(mine.zone, mine.self); slot || mono_ms() >= deadline)
            return slot;
        nanosleep(&kBetween, nullptr);
    }
}

}  // namespace

Worker* worker()
{
    return self.get();
}

void Worker::poke(hub::SlotMask slots) const
{
    constexpr std::uint64_t kOne = 1;
    for (; slots != 0; slots &= slots - 1) {
        const int fd = zone.header().wake_fd[std::countr_zero(slots)];
        // EAGAIN would mean that 2^64 wake-ups are unread: the edge is there already.
        (void)!::write(fd, &kOne, sizeof(kOne));
    }
}

void add_listener(const Listener& listener)
{
    listeners.push_back(listener);
}

void keep_worker()
{
    tick_event.cancelable = 0;
}

void notify_snapshot_changed()
{
    for (const auto& listener : listeners) {
        if (listener.snapshot_changed != nullptr) listener.snapshot_changed();
    }
}

ngx_int_t start_worker(ngx_cycle_t& cycle, const HubConf& conf)
{
    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE) return NGX_OK;
    if (ngx_process == NGX_PROCESS_WORKER) {
        // A worker whose master was killed would keep the ports from the next master.
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != ngx_parent) return NGX_ERROR;
    }
    auto mine = std::make_unique<Worker>();
    mine->zone = hub_zone();
    mine->self = hub::own_process_id();
    const auto slot = wait_for_slot(*mine);
    if (!slot) {
        ngx_log_error(NGX_LOG_ERR, cycle.log, 0,
                      "sluice hub: all %ui worker slots are taken by workers of earlier "
                      "configurations; this worker "
                      "serves no streams until they end",
                      static_cast<ngx_uint_t>(hub::kSlots));
        try_again_later(cycle, conf, std::move(mine));
        return NGX_OK;
    }
    return join(cycle, conf, std::move(mine), *slot);
}

void stop_worker()
{
    if (!self) return;
    stop_listening_for_wakes();
    stop_watching_snapshots();
    hub::release_slot(self->zone, self->slot);
}

}  // namespace sluice::ngx
