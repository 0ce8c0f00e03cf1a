#include "event_loop.hpp"

#include <algorithm>
#include <csignal>

#include "clock.hpp"

namespace sluice::bench {
namespace {

volatile std::sig_atomic_t g_stop = 0;
volatile std::sig_atomic_t g_report = 0;

void on_signal(int number)
{
    if (number == SIGUSR1) {
        g_report = 1;
    } else {
        g_stop = 1;
    }
}

void control(int epoll, int operation, int fd, std::uint32_t events, std::uint64_t tag)
{
    epoll_event event{};
    event.events = events;
    event.data.u64 = tag;
    epoll_ctl(epoll, operation, fd, &event);
}

}  // namespace

EventLoop::EventLoop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

void EventLoop::add(int fd, std::uint32_t events, std::uint64_t tag)
{
    control(epoll_.get(), EPOLL_CTL_ADD, fd, events, tag);
}

void EventLoop::change(int fd, std::uint32_t events, std::uint64_t tag)
{
    control(epoll_.get(), EPOLL_CTL_MOD, fd, events, tag);
}

void EventLoop::remove(int fd)
{
    control(epoll_.get(), EPOLL_CTL_DEL, fd, 0, 0);
}

std::span<const epoll_event> EventLoop::wait(std::int64_t until_us)
{
    const auto us = std::max<std::int64_t>(0, until_us - now_us());
    const timespec timeout{us / 1'000'000, us % 1'000'000 * 1000};
    const auto count = epoll_pwait2(epoll_.get(), events_.data(), static_cast<int>(events_.size()),
                                    &timeout, nullptr);
    return {events_.data(), static_cast<std::size_t>(std::max(count, 0))};
}

void catch_signals()
{
    struct sigaction action {};
    action.sa_handler = on_signal;  // no SA_RESTART: a wait has to return
    for (const int number : {SIGTERM, SIGINT, SIGUSR1}) sigaction(number, &action, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

bool stop_asked()
{
    return g_stop != 0;
}

bool report_asked()
{
    if (g_report == 0) return false;
    g_report = 0;
    return true;
}

}  // namespace sluice::bench
