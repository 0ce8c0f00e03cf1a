#include "service.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace sluice::supervisor {
namespace {

constexpr std::size_t kMaxLine = 1000;

std::string in_words(int status)
{
    if (WIFEXITED(status)) return "ended with status " + std::to_string(WEXITSTATUS(status));
    return "was ended by signal " + std::to_string(WTERMSIG(status));
}

}  // namespace

Service::Service(std::string name, Command command, const std::filesystem::path& log)
    : name_(std::move(name)), command_(std::move(command)), log_(log, kLogLimit, kLogsKept)
{}

Service::~Service()
{
    if (child_.output >= 0) close(child_.output);
}

void Service::start_now(Clock::time_point now)
{
    if (child_.output >= 0) close(std::exchange(child_.output, -1));
    started_ = now;
    due_ = Clock::time_point::max();
    auto child = start(command_);
    if (child) {
        child_ = *child;
        return;
    }
    log_.write(child.error() + "\n");
    due_ = now + back_off_.after(BackOff::Milliseconds{0});
}

void Service::read_output()
{
    std::array<char, 16384> buffer;
    while (child_.output >= 0) {
        const auto got = read(child_.output, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) {
            close(std::exchange(child_.output, -1));
            return;
        }
        const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
        log_.write(text);
        remember_line(text);
    }
}

std::string Service::ended(int status, Clock::time_point now)
{
    read_output();
    child_.pid = -1;
    ++ends_;
    const auto lived = std::chrono::duration_cast<BackOff::Milliseconds>(now - started_);
    due_ = now + back_off_.after(lived);
    return name_ + " " + in_words(status);
}

void Service::signal(int number) const
{
    if (running()) kill(child_.pid, number);
}

void Service::remember_line(std::string_view text)
{
    for (const char c : text) {
        if (c != '\n') {
            if (open_line_.size() < kMaxLine) open_line_ += c;
            continue;
        }
        if (!open_line_.empty()) last_line_ = std::exchange(open_line_, {});
    }
}

}  // namespace sluice::supervisor
