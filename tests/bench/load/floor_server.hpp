#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "descriptor.hpp"
#include "event_loop.hpp"
#include "mirrored_ring.hpp"
#include "synthetic_stream.hpp"

namespace sluice::bench {

struct FloorPlan {
    std::uint16_t port = 0;
    std::int64_t batch_us = 0;  ///< 0: each tag goes out at once
    std::size_t cohorts = 1;    ///< groups of viewers served in turn within one batch time
    StreamShape shape;
};

/// The least work with which the same bytes can reach the same viewers: one stream made in the
/// process, one send() for each viewer and batch, nothing else. What a real server costs more is
/// its own doing.
class FloorServer {
public:
    static Result<FloorServer> make(const FloorPlan& plan);

    /// Serves until SIGTERM.
    void run();

private:
    struct Viewer {
        Descriptor socket;
        std::uint64_t position = 0;
        bool joined = false;
        bool blocked = false;
    };

    FloorServer(const FloorPlan& plan, Descriptor listener, MirroredRing ring);

    void make_due_tags(std::int64_t now);
    void serve_due_cohorts(std::int64_t now);
    void serve_cohort(std::size_t cohort);
    void accept_all();
    void handle(std::size_t number, std::uint32_t events);
    void join(Viewer& viewer);
    void send_to(Viewer& viewer, std::size_t number);
    void watch(Viewer& viewer, std::size_t number, bool blocked);
    std::int64_t next_deadline() const;

    FloorPlan plan_;
    Descriptor listener_;
    MirroredRing ring_;
    EventLoop loop_;
    SyntheticStream source_;
    std::vector<Viewer> viewers_;
    Bytes greeting_;
    Bytes tag_;
    std::uint64_t key_frame_at_ = 0;
    bool has_key_frame_ = false;
    std::int64_t cohort_due_us_ = 0;
    std::size_t next_cohort_ = 0;
};

}  // namespace sluice::bench
