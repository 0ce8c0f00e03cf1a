#include "reports.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/channel/hook.hpp"

namespace sluice::motion {
namespace {

constexpr std::int64_t kProgressEveryMs = 1000;

bool ours(int descriptor)
{
    return fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0;
}

void write_line(int descriptor, const std::string& text)
{
    // What whole lines a pipe has room for; one without goes to nobody.
    [[maybe_unused]] const auto written = write(descriptor, text.data(), text.size());
}

double rounded(double percent)
{
    return std::round(percent * 10) / 10;
}

template <class Clock>
std::int64_t ms_of()
{
    const auto now = Clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

Reports::Reports()
    : events_(ours(channel::kEventsDescriptor) ? channel::kEventsDescriptor : STDOUT_FILENO),
      progress_(ours(channel::kProgressDescriptor) ? channel::kProgressDescriptor : -1),
      told_ms_(mono_ms())
{
    for (const int descriptor : {events_, progress_}) {
        if (descriptor > STDERR_FILENO) fcntl(descriptor, F_SETFL, O_NONBLOCK);
    }
}

void Reports::motion_started(std::int64_t at_ms, double percent)
{
    const nlohmann::json event{
        {"event", "motion.started"}, {"at_ms", at_ms}, {"percent", rounded(percent)}};
    write_line(events_, event.dump() + "\n");
}

void Reports::clip(const FinishedClip& clip)
{
    nlohmann::json event{{"event", "motion.clip"},
                         {"file", clip.file},
                         {"started_ms", clip.started_ms},
                         {"duration_ms", clip.duration_ms}};
    event["picture"] = clip.picture.empty() ? nlohmann::json() : nlohmann::json(clip.picture);
    event["percent"] = clip.percent < 0 ? nlohmann::json() : nlohmann::json(rounded(clip.percent));
    write_line(events_, event.dump() + "\n");
}

void Reports::progress(std::uint64_t frames, std::int64_t media_ms, std::int64_t now_ms)
{
    if (progress_ < 0 || now_ms - told_ms_ < kProgressEveryMs) return;
    write_line(progress_, block(frames, media_ms, now_ms));
    told_ms_ = now_ms;
    told_frames_ = frames;
    told_media_ms_ = media_ms;
}

std::string Reports::block(std::uint64_t frames, std::int64_t media_ms, std::int64_t now_ms) const
{
    const auto seconds = static_cast<double>(now_ms - told_ms_) / 1000;
    const auto fps = static_cast<double>(frames - told_frames_) / seconds;
    const auto speed = static_cast<double>(media_ms - told_media_ms_) / 1000 / seconds;
    char text[160];
    std::snprintf(text, sizeof text,
                  "frame=%llu\nfps=%.2f\nout_time_us=%lld\nspeed=%.2fx\nprogress=continue\n",
                  static_cast<unsigned long long>(frames), fps,
                  static_cast<long long>(media_ms) * 1000, speed);
    return text;
}

void complain(const std::string& what)
{
    const auto line = "sluice-motion: " + what + "\n";
    [[maybe_unused]] const auto written = write(STDERR_FILENO, line.data(), line.size());
}

std::int64_t wall_ms()
{
    return ms_of<std::chrono::system_clock>();
}

std::int64_t mono_ms()
{
    return ms_of<std::chrono::steady_clock>();
}

}  // namespace sluice::motion
