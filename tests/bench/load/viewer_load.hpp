#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "connection.hpp"
#include "endpoint.hpp"
#include "event_loop.hpp"
#include "flv_walker.hpp"
#include "http_exchange.hpp"
#include "measurement.hpp"
#include "ramp.hpp"
#include "samples.hpp"

namespace sluice::bench {

struct ViewPlan {
    Endpoint endpoint;  ///< http or https; "%d" in the path is the viewer's number modulo `streams`
    std::size_t streams = 1;
    MeasurementPlan measurement{.joins_per_second = 250};
    bool http2 = false;
    std::size_t slow_count = 0;  ///< of the viewers, the last ones
    std::uint64_t slow_bytes_per_second = 0;
    double probes_per_second = 0;  ///< short viewers in the window: join, see a key frame, leave
    bool per_viewer = false;       ///< report every delay of every viewer
};

/// Many HTTP-FLV viewers in one thread. In the window it counts what arrives, how late, and what is
/// missing.
class ViewerLoad {
public:
    explicit ViewerLoad(ViewPlan plan);

    /// Runs to the plan's end or SIGTERM, reporting "joined", "window_open", "window_closed" and
    /// "result".
    void run();

private:
    struct Viewer {
        Connection connection;
        std::unique_ptr<HttpExchange> exchange;
        FlvWalker walker;
        std::int64_t connect_us = 0;
        bool wants_write = true;
        bool got_bytes = false;
        bool joined = false;
        bool slow = false;
        bool probe = false;
        std::uint16_t port = 0;
        std::uint64_t slow_allowance = 0;
        std::array<std::optional<std::uint32_t>, 2> last_sequence{};
        std::array<std::uint32_t, 2> last_timestamp{};
        std::vector<std::uint32_t> delays_us;
    };
    /// Of the window.
    struct Traffic {
        std::uint64_t bytes = 0;
        std::uint64_t slow_bytes = 0;
        std::uint64_t tags = 0;
        std::uint64_t reads = 0;
    };
    /// Of the whole run.
    struct Faults {
        std::uint64_t gaps = 0;
        std::uint64_t tags_missed = 0;
        std::uint64_t slow_gaps = 0;
        std::uint64_t slow_tags_missed = 0;
        std::uint64_t backward_timestamps = 0;
        std::uint64_t ended = 0;
    };

    void start_due(std::int64_t now);
    void start(bool probe, std::int64_t now);
    std::int64_t next_deadline() const;

    void handle(std::size_t number, std::uint32_t events);
    void flush(std::size_t number);
    void read(std::size_t number);
    void read_slowly(std::int64_t now);
    bool read_once(std::size_t number, std::size_t limit);
    void take_body(std::size_t number, std::int64_t now);
    void take_tag(Viewer& viewer, const WalkedTag& tag, std::int64_t now);
    void check_order(Viewer& viewer, const WalkedTag& tag, const Stamp& stamp);
    void end(std::size_t number, const std::string& why);
    void report_result() const;
    nlohmann::json per_viewer() const;

    ViewPlan plan_;
    TlsContext tls_;
    EventLoop loop_;
    Bytes buffer_;
    std::vector<View> body_;
    std::vector<Viewer> viewers_;
    Ramp probes_;
    std::vector<std::size_t> free_probes_;

    std::int64_t slow_tick_us_ = 0;

    Measurement measurement_;
    Traffic traffic_;
    Faults faults_;
    Samples delay_us_;
    Samples first_byte_us_;
    Samples key_frame_us_;
    Samples probe_us_;
};

}  // namespace sluice::bench
