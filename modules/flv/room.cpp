#include "room.hpp"

#include <algorithm>
#include <array>

#include "modules/common/guard.hpp"
#include "modules/hub/audience.hpp"
#include "modules/hub/worker.hpp"
#include "viewer.hpp"

namespace sluice::ngx {
namespace {

// A turn costs a wake-up, and holds up everything else in this worker while it lasts: a cohort of
// this many takes well under a millisecond. No two turns are closer than kTurnMs.
constexpr std::uint32_t kCohort = 64;
constexpr std::uint32_t kTurnMs = 4;

std::array<Room*, hub::kMaxStreams> rooms;
std::uint32_t room_count = 0;

/// Support points of the curve: measured so that 500 viewers of 2 Mbit/s cost less than 1 CPU s per
/// GB with a p99 delay of 45 ms, and 1,000 and more less than 0.5 with 110 ms (docs/bench).
struct Point {
    std::uint32_t viewers;
    std::uint32_t ms;
};
constexpr std::array<Point, 5> kCurve{{{20, 0}, {100, 16}, {500, 36}, {1000, 92}, {2000, 100}}};

}  // namespace

std::uint32_t batch_interval(std::uint32_t viewers, std::uint32_t most_ms)
{
    if (viewers <= kCurve.front().viewers) return 0;
    auto ms = kCurve.back().ms;
    for (std::size_t i = 1; i < kCurve.size(); ++i) {
        const auto& [to, to_ms] = kCurve[i];
        const auto& [from, from_ms] = kCurve[i - 1];
        if (viewers >= to) continue;
        ms = from_ms + (to_ms - from_ms) * (viewers - from) / (to - from);
        break;
    }
    return std::min(ms, most_ms);
}

Room* Room::of(hub::StreamRecord& stream, std::uint32_t most_ms)
{
    auto& room = rooms[worker()->zone.index_of(stream)];
    if (room == nullptr) room = new Room(stream, most_ms);
    return room;
}

Room* Room::find(const hub::StreamRecord& stream)
{
    return rooms[worker()->zone.index_of(stream)];
}

bool Room::any()
{
    return room_count != 0;
}

void Room::for_each(void (*visit)(Room& room))
{
    if (room_count == 0) return;
    for (auto* room : rooms) {
        if (room != nullptr) visit(*room);
    }
}

Room::Room(hub::StreamRecord& stream, std::uint32_t most_ms) : stream_(&stream), most_ms_(most_ms)
{
    ++room_count;
    connection_.fd = static_cast<ngx_socket_t>(-1);
    event_.data = this;
    event_.log = ngx_cycle->log;
    event_.handler = event_door<timer>;
}

Room::~Room()
{
    --room_count;
    if (event_.timer_set) ngx_del_timer(&event_);
    if (eager_) want_every_tag(*stream_, false);
    rooms[worker()->zone.index_of(*stream_)] = nullptr;
}

bool Room::enter(Viewer& viewer, hub::Protocol protocol)
{
    if (!enter_audience(*stream_, protocol)) {
        if (viewers_.empty()) delete this;
        return false;
    }
    viewer.place = viewers_.size();
    viewers_.push_back(&viewer);
    adapt();
    return true;
}

void Room::leave(Viewer& viewer)
{
    leave_audience(*stream_, viewer.transport() == Transport::websocket ? hub::Protocol::ws_flv
                                                                        : hub::Protocol::flv);
    viewers_[viewer.place] = viewers_.back();
    viewers_[viewer.place]->place = viewer.place;
    viewers_.pop_back();
    viewer.place = Viewer::kNoPlace;
    if (viewers_.empty() && !serving_) delete this;
}

void Room::adapt()
{
    const auto interval = batch_interval(hub::connections_of(*stream_), most_ms_);
    const bool eager = interval == 0;
    if (eager != eager_) {
        eager_ = eager;
        want_every_tag(*stream_, eager);
    }
    interval_ms_ = interval;
    const auto by_size = static_cast<std::uint32_t>((viewers_.size() + kCohort - 1) / kCohort);
    cohorts_ = std::clamp(by_size, 1U, std::max(1U, interval / kTurnMs));
    if (!eager && !event_.timer_set) {
        due_ms_ = ngx_current_msec;
        arm();
    }
    if (eager && event_.timer_set) ngx_del_timer(&event_);
}

/// From the last deadline, not from now: the time a turn takes must not make the interval longer,
/// nor may the milliseconds that don't divide by the cohorts make it shorter.
void Room::arm()
{
    const auto after = cohort_ % cohorts_;
    due_ms_ += interval_ms_ * (after + 1) / cohorts_ - interval_ms_ * after / cohorts_;
    const auto ahead = static_cast<ngx_msec_int_t>(due_ms_ - ngx_current_msec);
    if (ahead < -static_cast<ngx_msec_int_t>(interval_ms_))
        due_ms_ = ngx_current_msec;  // the worker was busy elsewhere
    ngx_add_timer(&event_, ahead > 0 ? static_cast<ngx_msec_t>(ahead) : 0);
}

void Room::timer(ngx_event_t& event)
{
    auto& room = *static_cast<Room*>(event.data);
    if (room.eager_) return;
    room.arm();
    room.serve_cohort();
}

void Room::stream_dirty()
{
    const auto current = stream_->current.load();
    if (!eager_ && current == seen_current_) return;
    seen_current_ = current;
    serve_all();
}

/// A viewer that ends while it is served takes the last one's place, which is then served at the
/// same index: so from the back, where those that move were served already.
void Room::serve_all()
{
    serving_ = true;
    for (auto i = viewers_.size(); i-- > 0;) {
        if (i < viewers_.size()) viewers_[i]->flush();
    }
    serving_ = false;
    if (viewers_.empty()) delete this;
}

void Room::serve_cohort()
{
    cohort_ = (cohort_ + 1) % cohorts_;
    serving_ = true;
    const auto rounds = (viewers_.size() + cohorts_ - 1) / cohorts_;
    for (auto round = rounds; round-- > 0;) {
        const auto i = round * cohorts_ + cohort_;
        if (i < viewers_.size()) viewers_[i]->flush();
    }
    serving_ = false;
    if (viewers_.empty()) delete this;
}

void Room::tick()
{
    adapt();
    for (auto* viewer : viewers_) viewer->rescue();
    check_all();
}

void Room::check_all()
{
    serving_ = true;
    for (auto i = viewers_.size(); i-- > 0;) {
        if (i < viewers_.size()) viewers_[i]->check();
    }
    serving_ = false;
    if (viewers_.empty()) delete this;
}

void Room::hand_over()
{
    const auto now = mono_ms();
    for (auto* viewer : viewers_) viewer->hand_over(now);
}

}  // namespace sluice::ngx
