#include "floor_server.hpp"

#include <sys/socket.h>
#include <algorithm>
#include <string_view>

#include "clock.hpp"

namespace sluice::bench {
namespace {

constexpr std::size_t kRingBytes = 8 << 20;
constexpr std::uint64_t kListener = ~0ULL;
constexpr std::string_view kResponseHead =
    "HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\nConnection: close\r\n\r\n";

}  // namespace

Result<FloorServer> FloorServer::make(const FloorPlan& plan)
{
    auto listener = listen_on_loopback(plan.port);
    if (!listener) return tl::unexpected(listener.error());
    auto ring = MirroredRing::make(kRingBytes);
    if (!ring) return tl::unexpected(ring.error());
    return FloorServer(plan, std::move(*listener), std::move(*ring));
}

FloorServer::FloorServer(const FloorPlan& plan, Descriptor listener, MirroredRing ring)
    : plan_(plan),
      listener_(std::move(listener)),
      ring_(std::move(ring)),
      source_(plan.shape, now_us())
{
    greeting_.assign(kResponseHead.begin(), kResponseHead.end());
    append_flv_header(greeting_);
    append_tag(greeting_, MediaType::script, 0, source_.metadata());
    append_tag(greeting_, MediaType::video, 0, SyntheticStream::video_config());
    if (source_.has_audio())
        append_tag(greeting_, MediaType::audio, 0, SyntheticStream::audio_config());
    loop_.add(listener_.get(), EPOLLIN, kListener);
    cohort_due_us_ = now_us();
}

void FloorServer::run()
{
    while (!stop_asked()) {
        const auto now = now_us();
        make_due_tags(now);
        serve_due_cohorts(now);
        for (const auto& event : loop_.wait(next_deadline())) {
            if (event.data.u64 == kListener) {
                accept_all();
            } else {
                handle(static_cast<std::size_t>(event.data.u64), event.events);
            }
        }
    }
}

void FloorServer::make_due_tags(std::int64_t now)
{
    while (source_.due_us() <= now) {
        const auto message = source_.next(now_us());
        tag_.clear();
        append_tag(tag_, message.type, message.timestamp_ms, message.body);
        if (message.key_frame) {
            key_frame_at_ = ring_.head();
            has_key_frame_ = true;
        }
        ring_.append(tag_);
        if (plan_.batch_us == 0) serve_cohort(0);
    }
}

void FloorServer::serve_due_cohorts(std::int64_t now)
{
    if (plan_.batch_us == 0) return;
    const auto step = plan_.batch_us / static_cast<std::int64_t>(plan_.cohorts);
    while (cohort_due_us_ <= now) {
        serve_cohort(next_cohort_);
        next_cohort_ = (next_cohort_ + 1) % plan_.cohorts;
        cohort_due_us_ += step;
    }
}

void FloorServer::serve_cohort(std::size_t cohort)
{
    const auto step = plan_.batch_us == 0 ? 1 : plan_.cohorts;
    for (auto i = cohort; i < viewers_.size(); i += step) {
        auto& viewer = viewers_[i];
        if (viewer.socket && viewer.joined && !viewer.blocked) send_to(viewer, i);
    }
}

void FloorServer::accept_all()
{
    for (;;) {
        Descriptor socket(
            ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!socket) return;
        const auto free = std::find_if(viewers_.begin(), viewers_.end(),
                                       [](const Viewer& v) { return !v.socket; });
        const auto number = static_cast<std::size_t>(free - viewers_.begin());
        if (free == viewers_.end()) viewers_.emplace_back();
        loop_.add(socket.get(), EPOLLIN, number);
        viewers_[number] = Viewer{std::move(socket)};
    }
}

void FloorServer::handle(std::size_t number, std::uint32_t events)
{
    auto& viewer = viewers_[number];
    if (!viewer.socket) return;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
        char request[4096];
        const auto got = ::recv(viewer.socket.get(), request, sizeof(request), 0);
        if (got == 0 || (got < 0 && errno != EAGAIN)) return viewer.socket.reset();
        if (!viewer.joined && has_key_frame_) join(viewer);
    }
    if (viewer.socket && viewer.joined) send_to(viewer, number);
}

/// Any request is one for the stream. The greeting fits into a fresh socket's buffer.
void FloorServer::join(Viewer& viewer)
{
    const auto put =
        ::send(viewer.socket.get(), greeting_.data(), greeting_.size(), MSG_NOSIGNAL | MSG_MORE);
    if (put != static_cast<ssize_t>(greeting_.size())) return viewer.socket.reset();
    viewer.position = key_frame_at_;
    viewer.joined = true;
}

void FloorServer::send_to(Viewer& viewer, std::size_t number)
{
    if (!ring_.holds(viewer.position)) return viewer.socket.reset();
    const auto bytes = ring_.from(viewer.position);
    if (bytes.empty()) return watch(viewer, number, false);
    const auto put = ::send(viewer.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put < 0 && errno != EAGAIN) return viewer.socket.reset();
    if (put > 0) viewer.position += static_cast<std::uint64_t>(put);
    watch(viewer, number, viewer.position < ring_.head());
}

void FloorServer::watch(Viewer& viewer, std::size_t number, bool blocked)
{
    if (blocked == viewer.blocked) return;
    viewer.blocked = blocked;
    loop_.change(viewer.socket.get(), blocked ? EPOLLIN | EPOLLOUT : EPOLLIN, number);
}

std::int64_t FloorServer::next_deadline() const
{
    return plan_.batch_us == 0 ? source_.due_us() : std::min(source_.due_us(), cohort_due_us_);
}

}  // namespace sluice::bench
