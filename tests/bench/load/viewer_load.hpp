#pragma once

#include <array>
#include <cstdint>
#include <map>
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
#include "samples.hpp"

namespace sluice::bench {

struct ViewPlan {
    Endpoint endpoint;  ///< http or https; "%d" in the path is the viewer's number modulo `streams`
    std::size_t streams = 1;
    std::size_t count = 1;
    double joins_per_second = 250;
    double warm_up_s = 2;  ///< between the last join and the window
    double window_s = 10;
    bool http2 = false;
    std::size_t slow_count = 0;  ///< of `count`, the last ones
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
    enum class Phase : std::uint8_t { joining, warming, window, done };

    void advance(std::int64_t now);
    void start_due_viewers(std::int64_t now);
    void start_due_probes(std::int64_t now);
    void start(bool probe, std::int64_t now);
    bool all_settled() const;
    void open_window(std::int64_t now);
    void close_window(std::int64_t now);
    std::int64_t next_deadline() const;
    std::int64_t viewer_due_us(std::size_t number) const;

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
    std::size_t probes_started_ = 0;
    std::vector<std::size_t> free_probes_;

    Phase phase_ = Phase::joining;
    std::int64_t began_us_ = 0;
    std::int64_t phase_until_us_ = 0;
    std::int64_t window_open_us_ = 0;
    std::int64_t slow_tick_us_ = 0;
    double window_s_ = 0;
    double window_cpu_s_ = 0;

    std::size_t joined_ = 0;
    std::size_t failed_to_join_ = 0;
    std::map<std::string, std::size_t> failures_;
    Traffic traffic_;
    Faults faults_;
    Samples delay_us_;
    Samples first_byte_us_;
    Samples key_frame_us_;
    Samples probe_us_;
};

}  // namespace sluice::bench
