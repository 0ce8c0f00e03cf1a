#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <queue>
#include <string>
#include <vector>

#include "connection.hpp"
#include "delay_meter.hpp"
#include "endpoint.hpp"
#include "event_loop.hpp"
#include "hls_tally.hpp"
#include "http1_session.hpp"
#include "measurement.hpp"
#include "samples.hpp"
#include "viewer_track.hpp"

namespace sluice::bench {

enum class HlsMode : std::uint8_t {
    low_latency,   ///< a multivariant playlist with blocking reload and parts
    polled,        ///< a playlist of transport segments
    static_files,  ///< PATH/v.m3u8, PATH/v.m4s, PATH/a.m3u8 and PATH/a.m4s at the pace of parts
};

struct HlsPlan {
    Endpoint endpoint;  ///< http
    HlsMode mode = HlsMode::low_latency;
    MeasurementPlan measurement;
    bool delays = false;            ///< look for stamps in what arrives
    double await_s = 0;             ///< how long the stream may take to appear
    std::int64_t poll_us = 20'000;  ///< polled: between two looks at the playlist
    /// static_files: between two parts, of each track
    std::vector<std::int64_t> part_us{200'000, 200'000};
};

/// Many HLS viewers in one thread, each with a kept connection for each of its tracks. In the
/// window it counts what they ask for and get, and how long it takes.
class HlsLoad {
public:
    explicit HlsLoad(HlsPlan plan);

    /// Runs to the plan's end or SIGTERM, reporting "joined", "window_open", "window_closed" and
    /// "result".
    void run();

private:
    static constexpr std::size_t kReadBytes = 256 << 10;
    static constexpr std::size_t kLanes = HlsTally::kTracks;

    /// One connection of a viewer and the track on it.
    struct Lane {
        Connection connection;
        std::unique_ptr<Http1Session> session;
        std::unique_ptr<ViewerTrack> track;  ///< none: the multivariant playlist is asked for
        Ask ask;
        std::int64_t asked_us = 0;
        bool wants_write = false;
        bool has_part = false;
    };
    struct Viewer {
        std::array<Lane, kLanes> lanes;
        std::size_t tracks = 0;  ///< 0: not known yet
        bool joined = false;
        bool playable = false;
        std::optional<Stamp> first_stamp;
    };
    struct Due {
        std::int64_t us;
        std::size_t lane;
        bool operator>(const Due& other) const { return us > other.us; }
    };

    Lane& lane(std::size_t number) { return viewers_[number / kLanes].lanes[number % kLanes]; }
    void start_due_viewers(std::int64_t now);
    void start(std::size_t viewer, std::int64_t now);
    void add_track(std::size_t viewer, std::unique_ptr<ViewerTrack> track);
    void fail_overdue(std::int64_t now);
    std::int64_t next_deadline() const;

    void go_on(std::size_t number, std::int64_t now);
    void send_due(std::int64_t now);
    void send(std::size_t number, std::int64_t now);
    bool connect(std::size_t number);
    void flush(std::size_t number);
    void handle(std::size_t number, std::uint32_t events);
    void read(std::size_t number);
    void answered(std::size_t number, std::int64_t now);
    Result<void> take(std::size_t number, std::int64_t now);
    Result<void> take_master(std::size_t viewer, View body);
    void count(std::size_t number, std::int64_t now);
    void look_for_stamps(std::size_t number, std::int64_t now);
    void note_progress(std::size_t viewer, std::int64_t now);
    void failed(std::size_t number, const std::string& why, std::int64_t now);
    bool awaited(const Lane& lane) const;
    void disconnect(Lane& lane);
    void report_result() const;

    HlsPlan plan_;
    EventLoop loop_;
    Bytes buffer_;
    std::vector<Viewer> viewers_;
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;

    std::int64_t swept_us_ = 0;

    Measurement measurement_;
    std::size_t errors_ = 0;
    HlsTally tally_;
    Samples start_us_;
    DelayMeter delays_;
};

}  // namespace sluice::bench
