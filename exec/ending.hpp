#pragma once

#include <chrono>

#include "core/hook/messages.hpp"

namespace sluice::exec {

using Clock = std::chrono::steady_clock;

/// How a program is ended that was asked to: it may finish by itself, then comes SIGTERM, then
/// SIGKILL.
class Ending {
public:
    Ending(std::chrono::milliseconds grace, std::chrono::milliseconds term)
        : grace_(grace), term_(term)
    {}

    void ask(Clock::time_point now) { ask(now, grace_); }
    /// Nobody is there any more who would wait for it.
    void hurry(Clock::time_point now);
    void kill(Clock::time_point now);

    /// The signal that is due now, or 0; each is named once.
    int due_signal(Clock::time_point now);
    /// When to ask for it.
    Clock::time_point due() const { return due_; }

private:
    void ask(Clock::time_point now, std::chrono::milliseconds grace);

    enum class Step { none, grace, term, killed };

    std::chrono::milliseconds grace_;
    std::chrono::milliseconds term_;
    Step step_ = Step::none;
    Clock::time_point due_ = Clock::time_point::max();
};

}  // namespace sluice::exec
