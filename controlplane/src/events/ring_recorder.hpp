#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "../service/journal.hpp"
#include "../store/store.hpp"
#include "flood.hpp"
#include "sse.hpp"

namespace sluice::control::events {

/// Writes what nginx's event ring tells into the journal: each event once, whenever this process is
/// killed, because the place in the ring is stored in the transaction of the events. What the ring
/// dropped becomes `events.lost`, and the starts and stops that were missed are made up for.
///
/// `ring/position` holds {"position": "<boot>-<seq>", "settle": "", "settled_ms": 0, "held": […]}.
class RingRecorder {
public:
    static constexpr std::size_t kBatch = 45;  ///< events in a transaction
    static constexpr std::int64_t kIdleMs = 500;

    RingRecorder(store::Store& store, const Journal& journal) : store_(store), journal_(journal) {}

    Result<void> load();

    /// nginx answers, and this is its boot. With another one than before, its ring is a new one:
    /// all sessions of the old nginx have ended.
    Result<void> begin(const std::string& boot, std::int64_t now_ms);

    /// Where to go on reading.
    const std::string& position() const { return position_; }

    /// Takes one message; with an error because a batch can't be written it may not be taken: read
    /// on from position(). False when the ring is another nginx's: begin() anew.
    Result<bool> hear(const Message& message, std::int64_t now_ms);

    /// Whether the ring went past our place: settle() with what `/-/streams` answers, before the
    /// next hear().
    bool lost() const { return settle_ == kByStreams; }
    Result<void> settle(const nlohmann::json& streams, std::int64_t now_ms);

    /// Writes what waits. A place alone and counted events wait for kIdleMs.
    Result<void> flush(std::int64_t now_ms);

private:
    static constexpr std::string_view kByStreams = "streams";
    static constexpr std::string_view kAllStopped = "all";

    struct Waiting {
        Event event;
        bool live = false;  ///< what it says of the stream, when it `says`
        bool says = false;
    };

    Result<bool> reset(const Message& message, std::int64_t now_ms);
    Result<void> make_room();
    Result<void> add(Event event);
    Result<void> settle_to(const std::set<std::string, std::less<>>& live, std::int64_t at_ms,
                           std::int64_t now_ms);
    Result<void> commit();
    bool told_already(const Event& event) const;

    store::Store& store_;
    const Journal& journal_;
    std::string position_;
    std::string settle_;  ///< what must be made up for first: nothing, kByStreams or kAllStopped
    std::int64_t settled_ms_ = 0;  ///< what happened before is in the journal as reconciled
    Flood flood_;
    std::set<std::string, std::less<>> live_;
    std::vector<Waiting> waiting_;
    bool moved_ = false;  ///< the position or counts differ from what is stored
    std::int64_t stored_at_ms_ = 0;
};

}  // namespace sluice::control::events
