#include "start_watch.hpp"

namespace sluice::supervisor {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookEvery = 100ms;
constexpr auto kAnswerLimit = 100ms;  ///< the supervisor does nothing else meanwhile
constexpr auto kReadyLimit = 30s;

}  // namespace

StartWatch::StartWatch(const std::filesystem::path& dir)
    : log_(dir / "logs/error.log"),
      generations_(dir / "nginx"),
      nginx_(dir / "run/control.sock"),
      before_(log_)
{}

void StartWatch::starting(Clock::time_point now)
{
    before_ = control::nginx::ErrorLogMark(log_);
    const auto generation = generations_.find(generations_.current());
    const bool to_be_watched = generation && !generation->confirmed;
    number_ = to_be_watched ? generation->number : 0;
    due_ = to_be_watched ? now + kLookEvery : Clock::time_point::max();
    give_up_ = now + kReadyLimit;
}

bool StartWatch::look(Clock::time_point now)
{
    due_ = now + kLookEvery;
    if (up()) {
        generations_.mark_confirmed(number_);
        number_ = 0;
    }
    // A reload brought another one: whoever asked for it watches that.
    if (generations_.current() != number_) number_ = 0;
    if (number_ == 0) due_ = Clock::time_point::max();
    if (number_ == 0 || now < give_up_) return false;
    due_ = Clock::time_point::max();
    return fall_back("its workers did not report in time").has_value();
}

std::optional<std::string> StartWatch::ended()
{
    due_ = Clock::time_point::max();
    if (number_ == 0 || generations_.current() != number_) return std::nullopt;
    const auto reason = before_.fatal();
    if (reason.empty()) return std::nullopt;
    return fall_back(reason);
}

bool StartWatch::up() const
{
    const auto answer = nginx_.get("/-/generation", kAnswerLimit);
    if (!answer || !answer->contains("workers")) return false;
    for (const auto& worker : answer->at("workers")) {
        if (worker.value("config_generation", 0U) == number_) return true;
    }
    return false;
}

std::optional<std::string> StartWatch::fall_back(const std::string& reason)
{
    auto bad = generations_.find(number_);
    const auto good = generations_.last_confirmed();
    if (!bad || good == 0 || good == number_) return std::nullopt;
    if (!generations_.switch_to(good)) return std::nullopt;
    generations_.mark_failed_at_start(*bad, reason);
    number_ = 0;
    return "nginx can't start on configuration " + std::to_string(bad->number) + " (" + reason +
           ") and goes back to " + std::to_string(good);
}

}  // namespace sluice::supervisor
