#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "descriptor.hpp"
#include "endpoint.hpp"
#include "event_loop.hpp"
#include "ramp.hpp"
#include "result.hpp"
#include "rtmp_publisher.hpp"
#include "samples.hpp"
#include "synthetic_stream.hpp"

namespace sluice::bench {

struct PushPlan {
    Endpoint endpoint;  ///< path /app/name?args; "%d" in it is the push's number
    std::size_t count = 1;
    double starts_per_second = 100;
    double seconds = 0;  ///< after the last start; 0: until SIGTERM
    StreamShape shape;
};

/// Publishes `count` synthetic streams from one thread and measures how the server takes them.
class PushLoad {
public:
    explicit PushLoad(PushPlan plan)
        : plan_(std::move(plan)), starts_(plan_.count, plan_.starts_per_second)
    {}

    /// Runs to the plan's end, reporting "publishing" when every push has started or failed,
    /// "counters" on SIGUSR1 and "result".
    void run();

private:
    struct Push {
        Descriptor socket;
        std::unique_ptr<RtmpPublisher> publisher;
        std::unique_ptr<SyntheticStream> source;
        std::int64_t connect_us = 0;
        bool wants_write = true;
        bool ended = false;
    };
    struct Due {
        std::int64_t us;
        std::size_t push;
        bool operator>(const Due& other) const { return us > other.us; }
    };

    void start_due_pushes(std::int64_t now);
    void start(std::size_t number, std::int64_t now);
    void handle(std::size_t number, std::uint32_t events);
    void read(std::size_t number);
    void begin_media(std::size_t number);
    void send_due_messages(std::int64_t now);
    void flush(std::size_t number);
    void end(std::size_t number, const std::string& why);
    std::int64_t next_deadline() const;
    void settle(std::int64_t now);
    nlohmann::json counters() const;
    void report_result() const;

    PushPlan plan_;
    EventLoop loop_;
    std::vector<Push> pushes_;
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
    Ramp starts_;
    std::int64_t stop_us_ = Ramp::kNever;
    bool settled_ = false;
    std::size_t publishing_ = 0;
    std::map<std::string, std::size_t> failures_;
    Samples publish_us_;
    Samples lateness_us_;
    std::uint64_t bytes_ = 0;
    std::uint64_t tags_ = 0;
    std::size_t max_backlog_ = 0;
};

}  // namespace sluice::bench
