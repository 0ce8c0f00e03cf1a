#include "viewer_load.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "clock.hpp"
#include "report.hpp"

namespace sluice::bench {
namespace {

constexpr std::size_t kReadBytes = 256 << 10;
// The lag of a slow viewer has to be the server's to handle, not hidden in the viewer's own kernel.
constexpr int kSlowReceiveBuffer = 64 << 10;
constexpr std::int64_t kSlowTick = 50'000;
constexpr std::int64_t kLongestWait = 100'000;

/// As many as the window has room for.
Ramp probes_of(const ViewPlan& plan)
{
    const bool any = plan.probes_per_second > 0;
    return {any ? std::numeric_limits<std::size_t>::max() : 0, plan.probes_per_second};
}

std::size_t track(MediaType type)
{
    return type == MediaType::video ? 0 : 1;
}

}  // namespace

ViewerLoad::ViewerLoad(ViewPlan plan)
    : plan_(std::move(plan)),
      buffer_(kReadBytes),
      probes_(probes_of(plan_)),
      measurement_(plan_.measurement, report)
{
    if (plan_.endpoint.scheme == "https") tls_ = make_tls_context(plan_.http2);
}

void ViewerLoad::run()
{
    viewers_.reserve(plan_.measurement.count);
    slow_tick_us_ = now_us();
    measurement_.begin(slow_tick_us_);
    while (!measurement_.is_done() && !stop_asked()) {
        const auto now = now_us();
        start_due(now);
        read_slowly(now);
        if (measurement_.advance(now)) probes_.begin(now);
        for (const auto& event : loop_.wait(next_deadline())) {
            handle(static_cast<std::size_t>(event.data.u64), event.events);
        }
    }
    report_result();
}

void ViewerLoad::start_due(std::int64_t now)
{
    while (measurement_.start_next(now)) start(false, now);
    if (measurement_.in_window() && probes_.start_next(now)) start(true, now);
}

void ViewerLoad::start(bool probe, std::int64_t now)
{
    auto number = viewers_.size();
    if (probe && !free_probes_.empty()) {
        number = free_probes_.back();
        free_probes_.pop_back();
        viewers_[number] = Viewer{};
    } else {
        viewers_.emplace_back();
    }
    auto& viewer = viewers_[number];
    viewer.probe = probe;
    viewer.slow = !probe && number + plan_.slow_count >= plan_.measurement.count;
    viewer.connect_us = now;
    auto socket = connect_to(plan_.endpoint.address, plan_.endpoint.port,
                             viewer.slow ? kSlowReceiveBuffer : 0);
    if (!socket) return end(number, socket.error());

    auto endpoint = plan_.endpoint;
    endpoint.path = numbered(endpoint.path, number % plan_.streams);
    viewer.exchange = plan_.http2 ? make_http2_get(endpoint) : make_http1_get(endpoint);
    viewer.connection = Connection(std::move(*socket), tls_.get());
    loop_.add(viewer.connection.fd(), EPOLLIN | EPOLLOUT, number);
}

std::int64_t ViewerLoad::next_deadline() const
{
    auto until = std::min({now_us() + kLongestWait, measurement_.next_us(), probes_.next_us()});
    if (plan_.slow_count > 0) until = std::min(until, slow_tick_us_ + kSlowTick);
    return until;
}

void ViewerLoad::handle(std::size_t number, std::uint32_t events)
{
    auto& viewer = viewers_[number];
    if (!viewer.connection.open()) return;
    flush(number);
    if (viewer.connection.open() && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) read(number);
}

void ViewerLoad::flush(std::size_t number)
{
    auto& viewer = viewers_[number];
    const auto pending = viewer.exchange->pending();
    if (!pending.empty()) {
        const auto put = viewer.connection.send(pending);
        if (!put) return end(number, put.error());
        viewer.exchange->sent(*put);
    }
    const bool wants_write = !viewer.exchange->pending().empty();
    if (wants_write == viewer.wants_write) return;
    viewer.wants_write = wants_write;
    loop_.change(viewer.connection.fd(), wants_write ? EPOLLIN | EPOLLOUT : EPOLLIN, number);
}

void ViewerLoad::read(std::size_t number)
{
    auto& viewer = viewers_[number];
    if (viewer.slow && viewer.joined) return;
    // TLS hands out a record at a time and may hold more of them than the socket shows.
    while (read_once(number, buffer_.size()) && tls_ && viewer.connection.open()) {
    }
    if (viewer.connection.open() && viewer.slow && viewer.joined)
        loop_.remove(viewer.connection.fd());
}

/// Slow viewers are no longer watched: they read what they may every tick.
void ViewerLoad::read_slowly(std::int64_t now)
{
    if (plan_.slow_count == 0 || now < slow_tick_us_ + kSlowTick) return;
    const auto allowance =
        plan_.slow_bytes_per_second * static_cast<std::uint64_t>(now - slow_tick_us_) / 1'000'000;
    slow_tick_us_ = now;
    for (std::size_t i = 0; i < viewers_.size(); ++i) {
        auto& viewer = viewers_[i];
        if (!viewer.slow || !viewer.joined || !viewer.connection.open()) continue;
        viewer.slow_allowance =
            std::min<std::uint64_t>(viewer.slow_allowance + allowance, kReadBytes);
        if (viewer.slow_allowance > 0) read_once(i, viewer.slow_allowance);
    }
}

/// False when nothing was there.
bool ViewerLoad::read_once(std::size_t number, std::size_t limit)
{
    auto& viewer = viewers_[number];
    const auto got = viewer.connection.receive(std::span(buffer_).first(limit));
    if (!got) {
        end(number, got.error());
        return false;
    }
    if (!*got) return false;

    const auto now = now_us();
    if (viewer.slow) viewer.slow_allowance -= std::min<std::uint64_t>(viewer.slow_allowance, **got);
    if (measurement_.in_window()) {
        traffic_.bytes += **got;
        if (viewer.slow) traffic_.slow_bytes += **got;
        if (!viewer.slow && !viewer.probe) ++traffic_.reads;
    }
    if (!viewer.got_bytes && !viewer.probe) first_byte_us_.add(now - viewer.connect_us);
    viewer.got_bytes = true;
    body_.clear();
    if (auto taken = viewer.exchange->receive(View(buffer_).first(**got), body_); !taken) {
        end(number, taken.error());
        return false;
    }
    take_body(number, now);
    return true;
}

void ViewerLoad::take_body(std::size_t number, std::int64_t now)
{
    auto& viewer = viewers_[number];
    for (const auto part : body_) {
        const bool flv =
            viewer.walker.feed(part, [&](const WalkedTag& tag) { take_tag(viewer, tag, now); });
        if (!flv) return end(number, "the body is not FLV");
    }
    if (viewer.probe && viewer.joined) {
        viewer.connection.close();
        free_probes_.push_back(number);
    } else if (!viewer.exchange->pending().empty()) {
        flush(number);
    }
}

void ViewerLoad::take_tag(Viewer& viewer, const WalkedTag& tag, std::int64_t now)
{
    if (!viewer.joined && is_avc_key_frame(tag.type, tag.prefix)) {
        viewer.joined = true;
        if (!viewer.probe) measurement_.add_joined();
        (viewer.probe ? probe_us_ : key_frame_us_).add(now - viewer.connect_us);
    }
    const auto stamp = read_stamp(tag.type, tag.prefix);
    if (!stamp || viewer.probe) return;
    check_order(viewer, tag, *stamp);
    if (!measurement_.in_window()) return;
    ++traffic_.tags;
    if (viewer.slow) return;
    delay_us_.add(now - stamp->sent_us);
    if (plan_.per_viewer)
        viewer.delays_us.push_back(static_cast<std::uint32_t>(now - stamp->sent_us));
}

/// Counts what the server left out and timestamps that run backwards within a track.
void ViewerLoad::check_order(Viewer& viewer, const WalkedTag& tag, const Stamp& stamp)
{
    auto& last = viewer.last_sequence[track(tag.type)];
    if (last && stamp.sequence != *last + 1) {
        const auto missed = stamp.sequence - *last - 1;
        ++(viewer.slow ? faults_.slow_gaps : faults_.gaps);
        (viewer.slow ? faults_.slow_tags_missed : faults_.tags_missed) += missed;
    }
    last = stamp.sequence;
    auto& timestamp = viewer.last_timestamp[track(tag.type)];
    if (tag.timestamp_ms < timestamp) ++faults_.backward_timestamps;
    timestamp = tag.timestamp_ms;
}

void ViewerLoad::end(std::size_t number, const std::string& why)
{
    auto& viewer = viewers_[number];
    if (!viewer.joined && !viewer.probe) measurement_.add_lost();
    if (viewer.connection.open()) viewer.port = local_port(viewer.connection.fd());
    viewer.connection.close();
    if (viewer.probe) free_probes_.push_back(number);
    measurement_.add_failure(why);
    if (viewer.joined) ++faults_.ended;
}

nlohmann::json ViewerLoad::per_viewer() const
{
    auto list = nlohmann::json::array();
    for (const auto& viewer : viewers_) {
        if (viewer.probe) continue;
        const auto port =
            viewer.connection.open() ? local_port(viewer.connection.fd()) : viewer.port;
        list.push_back({{"port", port}, {"delays_us", viewer.delays_us}});
    }
    return list;
}

void ViewerLoad::report_result() const
{
    const auto fast = static_cast<double>(plan_.measurement.count - plan_.slow_count);
    auto result = measurement_.result();
    const auto window = std::max(result["window_s"].get<double>(), 1e-9);
    result.update({{"ended", faults_.ended},
                   {"bytes", traffic_.bytes},
                   {"tags", traffic_.tags},
                   {"reads_per_viewer_s", static_cast<double>(traffic_.reads) / fast / window},
                   {"gaps", faults_.gaps},
                   {"tags_missed", faults_.tags_missed},
                   {"backward_timestamps", faults_.backward_timestamps},
                   {"slow_bytes", traffic_.slow_bytes},
                   {"slow_gaps", faults_.slow_gaps},
                   {"slow_tags_missed", faults_.slow_tags_missed},
                   {"delay_ms", delay_us_.summary_ms()},
                   {"first_byte_ms", first_byte_us_.summary_ms()},
                   {"key_frame_ms", key_frame_us_.summary_ms()},
                   {"probe_ms", probe_us_.summary_ms()}});
    if (plan_.per_viewer) result["per_viewer"] = per_viewer();
    report(result);
}

}  // namespace sluice::bench
