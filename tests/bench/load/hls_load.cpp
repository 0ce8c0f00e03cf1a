#include "hls_load.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "clock.hpp"
#include "hls_playlist.hpp"
#include "low_latency_track.hpp"
#include "polled_track.hpp"
#include "report.hpp"
#include "static_track.hpp"

namespace sluice::bench {
namespace {

// A server may hold a reload for three target durations (RFC 8216bis, 6.2.5.2).
constexpr std::int64_t kAnswerPatience = 15'000'000;
constexpr std::int64_t kRetry = 200'000;
constexpr std::int64_t kAwaitRetry = 5'000;
constexpr std::int64_t kSweep = 500'000;
constexpr std::int64_t kLongestWait = 100'000;

/// The stream may take some time to appear, too.
MeasurementPlan with_await(const HlsPlan& plan)
{
    auto measurement = plan.measurement;
    measurement.patience_s += plan.await_s;
    return measurement;
}

}  // namespace

HlsLoad::HlsLoad(HlsPlan plan)
    : plan_(std::move(plan)), buffer_(kReadBytes), measurement_(with_await(plan_), report)
{}

void HlsLoad::run()
{
    viewers_.reserve(plan_.measurement.count);
    swept_us_ = now_us();
    measurement_.begin(swept_us_);
    while (!measurement_.is_done() && !stop_asked()) {
        const auto now = now_us();
        start_due_viewers(now);
        send_due(now);
        fail_overdue(now);
        measurement_.advance(now);
        for (const auto& event : loop_.wait(next_deadline())) {
            handle(static_cast<std::size_t>(event.data.u64), event.events);
        }
    }
    report_result();
}

void HlsLoad::start_due_viewers(std::int64_t now)
{
    while (measurement_.start_next(now)) {
        viewers_.emplace_back();
        start(viewers_.size() - 1, now);
    }
}

void HlsLoad::start(std::size_t viewer, std::int64_t now)
{
    const auto& path = plan_.endpoint.path;
    if (plan_.mode == HlsMode::polled)
        add_track(viewer, std::make_unique<PolledTrack>(path, plan_.poll_us));
    if (plan_.mode == HlsMode::static_files) {
        // The parts of sound and pictures are not ready at the same moment either.
        for (std::size_t i = 0; i < plan_.part_us.size(); ++i) {
            const auto every = plan_.part_us[i];
            const auto offset = static_cast<std::int64_t>(i) * every / 2;
            add_track(viewer,
                      std::make_unique<StaticTrack>(path + (i == 0 ? "v" : "a"), every, offset));
        }
    }
    const auto lanes = std::max<std::size_t>(viewers_[viewer].tracks, 1);
    for (std::size_t i = 0; i < lanes; ++i) go_on(viewer * kLanes + i, now);
}

void HlsLoad::add_track(std::size_t viewer, std::unique_ptr<ViewerTrack> track)
{
    auto& v = viewers_[viewer];
    v.lanes.at(v.tracks++).track = std::move(track);
}

/// What the server does not answer is an error, not a silence.
void HlsLoad::fail_overdue(std::int64_t now)
{
    if (now < swept_us_ + kSweep) return;
    swept_us_ = now;
    for (std::size_t i = 0; i < viewers_.size() * kLanes; ++i) {
        const auto& one = lane(i);
        if (!one.session || !one.session->busy() || now < one.asked_us + kAnswerPatience) continue;
        failed(i, "no answer in time", now);
    }
}

std::int64_t HlsLoad::next_deadline() const
{
    auto until = std::min(now_us() + kLongestWait, measurement_.next_us());
    if (!due_.empty()) until = std::min(until, due_.top().us);
    return until;
}

/// Asks for what the track wants next, now or when it is time.
void HlsLoad::go_on(std::size_t number, std::int64_t now)
{
    auto& one = lane(number);
    one.ask = one.track ? one.track->next(now) : Ask{plan_.endpoint.path, AskKind::playlist};
    if (one.ask.at_us > now) {
        due_.push({one.ask.at_us, number});
    } else {
        send(number, now);
    }
}

void HlsLoad::send_due(std::int64_t now)
{
    while (!due_.empty() && due_.top().us <= now) {
        const auto number = due_.top().lane;
        due_.pop();
        send(number, now);
    }
}

void HlsLoad::send(std::size_t number, std::int64_t now)
{
    auto& one = lane(number);
    one.asked_us = now;
    if (!one.connection.open() && !connect(number)) return;
    one.session->get(one.ask.path);
    flush(number);
}

bool HlsLoad::connect(std::size_t number)
{
    auto socket = connect_to(plan_.endpoint.address, plan_.endpoint.port);
    if (!socket) {
        failed(number, socket.error(), now_us());
        return false;
    }
    auto& one = lane(number);
    one.connection = Connection(std::move(*socket), nullptr);
    one.session = std::make_unique<Http1Session>(plan_.endpoint.authority());
    one.wants_write = true;
    loop_.add(one.connection.fd(), EPOLLIN | EPOLLOUT, number);
    return true;
}

void HlsLoad::flush(std::size_t number)
{
    auto& one = lane(number);
    const auto text = one.session->pending();
    if (!text.empty()) {
        const View bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
        const auto put = one.connection.send(bytes);
        if (!put) return failed(number, put.error(), now_us());
        one.session->sent(*put);
    }
    const bool wants_write = !one.session->pending().empty();
    if (wants_write == one.wants_write) return;
    one.wants_write = wants_write;
    loop_.change(one.connection.fd(), wants_write ? EPOLLIN | EPOLLOUT : EPOLLIN, number);
}

void HlsLoad::handle(std::size_t number, std::uint32_t events)
{
    auto& one = lane(number);
    if (one.connection.open() && (events & EPOLLOUT) != 0) flush(number);
    if (one.connection.open() && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) read(number);
}

void HlsLoad::read(std::size_t number)
{
    auto& one = lane(number);
    const auto got = one.connection.receive(buffer_);
    const auto now = now_us();
    if (!got) {
        // A server may close a connection that owes no answer.
        if (one.session->busy()) return failed(number, got.error(), now);
        return disconnect(one);
    }
    if (!*got) return;
    if (measurement_.in_window()) tally_.add_bytes(**got);
    if (auto taken = one.session->receive(View(buffer_).first(**got)); !taken)
        return failed(number, taken.error(), now);
    if (!one.session->busy()) answered(number, now);
}

void HlsLoad::answered(std::size_t number, std::int64_t now)
{
    auto& one = lane(number);
    const auto status = one.session->status();
    if (status != 200) {
        if (!one.session->kept()) disconnect(one);
        return failed(number, "answered " + std::to_string(status), now);
    }
    count(number, now);
    if (plan_.delays) look_for_stamps(number, now);
    const auto taken = take(number, now);
    if (!one.session->kept()) disconnect(one);
    if (!taken) return failed(number, taken.error(), now);
    note_progress(number / kLanes, now);
    go_on(number, now);
}

Result<void> HlsLoad::take(std::size_t number, std::int64_t now)
{
    auto& one = lane(number);
    if (!one.track) return take_master(number / kLanes, one.session->body());
    if (auto taken = one.track->take(one.session->body(), now); !taken) return taken;
    one.has_part = one.has_part || one.ask.kind == AskKind::part;
    return {};
}

/// The pictures stay on the first connection; the sound gets the second.
Result<void> HlsLoad::take_master(std::size_t viewer, View body)
{
    const auto& base = plan_.endpoint.path;
    const auto variant =
        parse_multivariant({reinterpret_cast<const char*>(body.data()), body.size()});
    if (!variant) return tl::unexpected(variant.error());
    if (!*variant) return fail("this is no multivariant playlist");
    auto video = resolve_path(base, (*variant)->uri);
    if (!video) return tl::unexpected(video.error());
    const auto& audio_uri = (*variant)->audio_uri;
    auto audio = audio_uri.empty() ? std::string() : resolve_path(base, audio_uri);
    if (!audio) return tl::unexpected(audio.error());

    add_track(viewer, std::make_unique<LowLatencyTrack>(std::move(*video)));
    if (audio->empty()) return {};
    add_track(viewer, std::make_unique<LowLatencyTrack>(std::move(*audio)));
    go_on(viewer * kLanes + 1, now_us());
    return {};
}

void HlsLoad::count(std::size_t number, std::int64_t now)
{
    if (!measurement_.in_window()) return;
    const auto& one = lane(number);
    tally_.add_answer(number % kLanes, one.ask.kind, one.session->body().size(),
                      now - one.asked_us);
}

void HlsLoad::look_for_stamps(std::size_t number, std::int64_t now)
{
    const auto& one = lane(number);
    auto& viewer = viewers_[number / kLanes];
    const auto body = one.session->body();
    if (one.ask.kind == AskKind::part && number % kLanes == 0 && !one.has_part) {
        if (const auto stamps = find_stamps(body)) viewer.first_stamp = stamps->first;
    }
    if (!measurement_.in_window()) return;
    if (one.ask.kind == AskKind::part) delays_.add_part(number % kLanes, body, now);
    if (one.ask.kind == AskKind::segment) delays_.add_segment(body, one.track->listed_us(), now);
}

void HlsLoad::note_progress(std::size_t number, std::int64_t now)
{
    auto& viewer = viewers_[number];
    if (viewer.joined || viewer.tracks == 0) return;
    const auto lanes = std::span(viewer.lanes).first(viewer.tracks);
    const auto has_part = [](const Lane& one) { return one.has_part; };
    if (!viewer.playable && std::all_of(lanes.begin(), lanes.end(), has_part)) {
        viewer.playable = true;
        // Only who saw the stream's first frame knows how long it took.
        if (viewer.first_stamp && viewer.first_stamp->sequence == 0)
            start_us_.add(now - viewer.first_stamp->sent_us);
    }
    viewer.joined = std::all_of(lanes.begin(), lanes.end(),
                                [](const Lane& one) { return one.track && one.track->playing(); });
    if (viewer.joined) measurement_.add_joined();
}

/// Counted, and asked for again a little later.
void HlsLoad::failed(std::size_t number, const std::string& why, std::int64_t now)
{
    auto& one = lane(number);
    const bool awaiting = awaited(one);
    if (!awaiting) {
        ++errors_;
        measurement_.add_failure(why);
    }
    if (one.session && one.session->busy()) disconnect(one);
    if (one.track) one.ask = one.track->next(now);
    due_.push({std::max(one.ask.at_us, now + (awaiting ? kAwaitRetry : kRetry)), number});
}

/// The stream need not be there yet.
bool HlsLoad::awaited(const Lane& lane) const
{
    return plan_.await_s > 0 && !lane.has_part && (!lane.session || !lane.session->busy()) &&
           measurement_.is_joining();
}

void HlsLoad::disconnect(Lane& lane)
{
    lane.connection.close();
    lane.session.reset();
}

void HlsLoad::report_result() const
{
    const auto now = now_us();
    std::size_t stalls = 0;
    std::size_t missed = 0;
    std::size_t early = 0;
    std::int64_t part_target_us = 0;
    for (const auto& viewer : viewers_) {
        for (const auto& one : viewer.lanes) {
            if (!one.track) continue;
            stalls += one.track->stalls(now);
            missed += one.track->missed();
            early += one.track->early();
            part_target_us = std::max(part_target_us, one.track->part_target_us());
        }
    }
    auto result = measurement_.result();
    result.update({{"errors", errors_},
                   {"stalls", stalls},
                   {"parts_missed", missed},
                   {"early_reloads", early},
                   {"part_target_ms", static_cast<double>(part_target_us) / 1000},
                   {"start_ms", start_us_.summary_ms()}});
    result.update(tally_.summary());
    if (plan_.delays) result.update(delays_.summary_ms());
    report(result);
}

}  // namespace sluice::bench
