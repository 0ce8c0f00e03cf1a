#pragma once

#include <cstdint>
#include <vector>

#include "core/hub/layout.hpp"
#include "modules/common/ngx.hpp"

namespace sluice::ngx {

class Viewer;

/// How long tags may be held back so that several leave in one write, by the number of viewers the
/// stream has on this machine: not at all for few, up to `most_ms` for many. ms.
std::uint32_t batch_interval(std::uint32_t viewers, std::uint32_t most_ms);

/// The HTTP viewers that one stream has in this worker, and when they are served: each at once as
/// long as the stream has few, otherwise in cohorts that take turns, so that the work is spread
/// over the interval.
class Room {
public:
    /// The stream's room in this worker; made for its first viewer and gone with its last.
    static Room* of(hub::StreamRecord& stream, std::uint32_t most_ms);
    static Room* find(const hub::StreamRecord& stream);
    static bool any();
    static void for_each(void (*visit)(Room& room));

    /// Counts a viewer in; false when the stream's record was reclaimed at that moment.
    bool enter(Viewer& viewer, hub::Protocol protocol);
    void leave(Viewer& viewer);

    /// The stream has something new: serves everybody when the room is eager, or when its state
    /// changed.
    void stream_dirty();

    /// Twice a second: judges the viewers' rights, and adapts the interval.
    void tick();

    /// The channel may have changed: judges all.
    void check_all();

    /// Sends all viewers to another worker: each at its next key frame, soon in any case.
    void hand_over();

    hub::StreamRecord& stream() const { return *stream_; }

private:
    Room(hub::StreamRecord& stream, std::uint32_t most_ms);
    ~Room();

    void adapt();
    void serve_all();
    void serve_cohort();
    void arm();
    static void timer(ngx_event_t& event);

    hub::StreamRecord* stream_;
    std::vector<Viewer*> viewers_;
    ngx_event_t event_{};
    ngx_connection_t connection_{};  ///< for nginx's debug log
    std::uint64_t seen_current_ = 0;
    ngx_msec_t due_ms_ = 0;  ///< of the next turn
    std::uint32_t most_ms_;
    std::uint32_t interval_ms_ = 0;
    std::uint32_t cohorts_ = 1;
    std::uint32_t cohort_ = 0;
    bool eager_ = false;
    bool serving_ = false;
};

}  // namespace sluice::ngx
