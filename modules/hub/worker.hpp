#pragma once

#include <initializer_list>
#include <string_view>
#include <variant>

#include "core/channel/snapshot.hpp"
#include "core/hub/slots.hpp"
#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// This worker's place in the hub. Made when the worker starts; lives as long as the process.
struct Worker {
    hub::Zone zone;
    hub::ProcessId self = 0;
    std::uint32_t slot = 0;

    hub::WorkerSlot& slot_record() const { return zone.slot(slot); }

    /// Writes the eventfds of these slots.
    void poke(hub::SlotMask slots) const;
};

/// nullptr in the master, in cache processes, and when no worker slot was free.
Worker* worker();

/// The channels of the newest snapshot that passed its check; nullptr without `sluice_hub_channels`
/// or before the first. Valid until the next turn of the event loop.
const channel::Snapshot* channels();

/// What other modules want to hear of; called in this worker, in the order of registration.
/// Register in init_process.
struct Listener {
    void (*stream_dirty)(hub::StreamRecord& stream) =
        nullptr;                                   ///< new tags, a new epoch, or a request to end
    void (*tick)(std::int64_t mono_ms) = nullptr;  ///< twice a second
    void (*snapshot_changed)() = nullptr;
    void (*event_posted)() = nullptr;  ///< the event ring has something new
    bool (*busy)() = nullptr;          ///< holds sessions that an old worker must live for
    void (*hand_over)() =
        nullptr;  ///< slots run low: this old worker's sessions are to go on in another one
};
void add_listener(const Listener& listener);

/// A session begins: an old worker that was about to end has to live for it.
void keep_worker();

/// One field of an event.
struct EventField {
    std::string_view name;
    std::variant<std::string_view, std::int64_t, bool> value;
};

/// Appends an event to the hub's ring and wakes those who listen. `channel` may be empty. The types
/// are listed in docs/architecture.md.
void raise(std::string_view type, std::string_view channel,
           std::initializer_list<EventField> fields = {});

/// Appends an event given as JSON text. False when it is too long.
bool raise_json(std::string_view json);

}  // namespace sluice::ngx
