#include "push_load.hpp"

#include <sys/socket.h>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "clock.hpp"
#include "report.hpp"
#include "usage.hpp"

namespace sluice::bench {
namespace {

constexpr std::int64_t kLongestWait = 1'000'000;

/// "/app/name?args" → the names that RTMP wants; `app` is everything up to the last slash before
/// the arguments.
RtmpName rtmp_name(const Endpoint& endpoint, std::size_t number)
{
    const auto path = numbered(endpoint.path, number).substr(1);
    const auto slash = path.rfind('/', path.find('?'));
    const auto app = path.substr(0, slash);
    return {"rtmp://" + endpoint.authority() + "/" + app, app, path.substr(slash + 1)};
}

}  // namespace

void PushLoad::run()
{
    pushes_.reserve(plan_.count);
    starts_.begin(now_us());
    while (!stop_asked()) {
        const auto now = now_us();
        if (now >= stop_us_) break;
        start_due_pushes(now);
        send_due_messages(now);
        settle(now);
        if (report_asked()) report(counters());
        for (const auto& event : loop_.wait(next_deadline())) {
            handle(static_cast<std::size_t>(event.data.u64), event.events);
        }
    }
    report_result();
}

void PushLoad::start_due_pushes(std::int64_t now)
{
    while (starts_.start_next(now)) start(pushes_.size(), now);
}

void PushLoad::start(std::size_t number, std::int64_t now)
{
    auto& push = pushes_.emplace_back();
    push.connect_us = now;
    auto socket = connect_to(plan_.endpoint.address, plan_.endpoint.port);
    if (!socket) return end(number, socket.error());
    push.socket = std::move(*socket);
    push.publisher = std::make_unique<RtmpPublisher>(rtmp_name(plan_.endpoint, number));
    loop_.add(push.socket.get(), EPOLLIN | EPOLLOUT, number);
}

void PushLoad::handle(std::size_t number, std::uint32_t events)
{
    if (pushes_[number].ended) return;
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) read(number);
    if ((events & EPOLLOUT) != 0) flush(number);
}

void PushLoad::read(std::size_t number)
{
    auto& push = pushes_[number];
    std::uint8_t buffer[16384];
    const auto got = ::recv(push.socket.get(), buffer, sizeof(buffer), 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got < 0) return end(number, std::strerror(errno));
    if (got == 0) return end(number, "closed by the server");

    const bool was_started = push.publisher->started();
    const auto taken = push.publisher->receive(View(buffer, static_cast<std::size_t>(got)));
    if (!taken) return end(number, taken.error());
    if (!was_started && push.publisher->started()) begin_media(number);
    flush(number);
}

void PushLoad::begin_media(std::size_t number)
{
    auto& push = pushes_[number];
    const auto now = now_us();
    publish_us_.add(now - push.connect_us);
    push.source = std::make_unique<SyntheticStream>(plan_.shape, now);
    push.publisher->send_headers(*push.source);
    due_.push({push.source->due_us(), number});
    ++publishing_;
}

void PushLoad::send_due_messages(std::int64_t now)
{
    while (!due_.empty() && due_.top().us <= now) {
        const auto [us, number] = due_.top();
        due_.pop();
        auto& push = pushes_[number];
        if (push.ended) continue;
        const auto at = now_us();
        lateness_us_.add(at - us);
        push.publisher->send(push.source->next(at));
        ++tags_;
        due_.push({push.source->due_us(), number});
        flush(number);
    }
}

void PushLoad::flush(std::size_t number)
{
    auto& push = pushes_[number];
    if (push.ended) return;
    const auto pending = push.publisher->pending();
    const auto put = pending.empty()
                         ? 0
                         : ::send(push.socket.get(), pending.data(), pending.size(), MSG_NOSIGNAL);
    if (put < 0 && errno != EAGAIN) return end(number, std::strerror(errno));
    if (put > 0) {
        bytes_ += static_cast<std::uint64_t>(put);
        push.publisher->sent(static_cast<std::size_t>(put));
    }
    const auto left = push.publisher->pending().size();
    max_backlog_ = std::max(max_backlog_, left);
    const bool wants_write = left > 0;
    if (wants_write == push.wants_write) return;
    push.wants_write = wants_write;
    loop_.change(push.socket.get(), wants_write ? EPOLLIN | EPOLLOUT : EPOLLIN, number);
}

void PushLoad::end(std::size_t number, const std::string& why)
{
    auto& push = pushes_[number];
    if (push.source) --publishing_;
    push.ended = true;
    push.socket.reset();
    ++failures_[why];
}

std::int64_t PushLoad::next_deadline() const
{
    auto until = std::min({stop_us_, now_us() + kLongestWait, starts_.next_us()});
    if (!due_.empty()) until = std::min(until, due_.top().us);
    return until;
}

/// Once every push has started or failed the plan's seconds begin.
void PushLoad::settle(std::int64_t now)
{
    if (settled_ || !starts_.all_started()) return;
    const auto waiting = [](const Push& push) { return !push.ended && !push.source; };
    if (std::any_of(pushes_.begin(), pushes_.end(), waiting)) return;
    settled_ = true;
    if (plan_.seconds > 0) stop_us_ = now + static_cast<std::int64_t>(plan_.seconds * 1e6);
    report({{"event", "publishing"}, {"streams", publishing_}});
}

nlohmann::json PushLoad::counters() const
{
    return {{"event", "counters"}, {"bytes", bytes_}, {"tags", tags_}, {"streams", publishing_}};
}

void PushLoad::report_result() const
{
    auto result = counters();
    result["event"] = "result";
    result["failures"] = failures_;
    result["publish_ms"] = publish_us_.summary_ms();
    result["lateness_ms"] = lateness_us_.summary_ms();
    result["max_backlog_bytes"] = max_backlog_;
    result["own_cpu_s"] = own_cpu_seconds();
    report(result);
}

}  // namespace sluice::bench
