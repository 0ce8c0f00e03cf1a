#include "ending.hpp"

#include <signal.h>

#include <algorithm>

namespace sluice::exec {
namespace {

constexpr std::chrono::milliseconds kHurriedGrace{2000};

}  // namespace

void Ending::hurry(Clock::time_point now)
{
    ask(now, std::min(grace_, kHurriedGrace));
}

void Ending::kill(Clock::time_point now)
{
    if (step_ == Step::killed) return;
    step_ = Step::term;
    due_ = now;
}

int Ending::due_signal(Clock::time_point now)
{
    if (now < due_) return 0;
    if (step_ == Step::grace) {
        step_ = Step::term;
        due_ = now + term_;
        return SIGTERM;
    }
    step_ = Step::killed;
    due_ = Clock::time_point::max();
    return SIGKILL;
}

void Ending::ask(Clock::time_point now, std::chrono::milliseconds grace)
{
    if (step_ != Step::none && step_ != Step::grace) return;
    step_ = Step::grace;
    due_ = std::min(due_, now + grace);
}

}  // namespace sluice::exec
