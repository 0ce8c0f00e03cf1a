#include "workshop.hpp"

#include <algorithm>
#include <cstdio>

#include "child.hpp"
#include "core/motion/clip_name.hpp"
#include "left_behind.hpp"

namespace sluice::motion {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDraft = ".new";
constexpr const char* kClip = ".mp4";
constexpr const char* kPicture = ".jpg";

std::string seconds(std::int64_t ms)
{
    char text[32];
    std::snprintf(text, sizeof text, "%lld.%03lld", static_cast<long long>(ms / 1000),
                  static_cast<long long>(ms % 1000));
    return text;
}

std::vector<fs::path> files_ending_with(const fs::path& folder, const std::string& ending)
{
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        if (at->path().extension() == ending) found.push_back(at->path());
    }
    std::ranges::sort(found);
    return found;
}

}  // namespace

void Workshop::finish_what_was_left()
{
    for (const auto& path : files_ending_with(folder_, PartFile::kEnding)) {
        std::shared_ptr<PartFile> part = PartFile::take_over(path);
        if (!part) continue;
        const auto duration_ms = duration_of_left_behind(path);
        if (!duration_ms) {
            // Killed before it had a frame.
            std::error_code ignored;
            fs::remove(path, ignored);
            continue;
        }
        finish(std::move(part), {.started_ms = clip_time(path.stem().string()).value_or(0),
                                 .duration_ms = *duration_ms});
    }
}

void Workshop::picture(const std::shared_ptr<PartFile>& part, std::int64_t at_ms)
{
    add({.part = part,
         .argv = {ffmpeg_,
                  "-nostdin",
                  "-hide_banner",
                  "-loglevel",
                  "error",
                  "-y",
                  "-threads",
                  "1",
                  "-seek_timestamp",
                  "1",
                  "-ss",
                  seconds(std::max<std::int64_t>(at_ms, 0)),
                  "-f",
                  "mp4",
                  "-i",
                  "file:" + part->path().string(),
                  "-map",
                  "0:v:0",
                  "-frames:v",
                  "1",
                  "-q:v",
                  "3",
                  "-update",
                  "1",
                  "-f",
                  "image2"},
         .result = part->beside(kPicture)});
}

void Workshop::finish(std::shared_ptr<PartFile> part, FinishedClip clip)
{
    clip.file = part->beside(kClip).filename().string();
    std::vector<std::string> argv{
        ffmpeg_,      "-nostdin", "-hide_banner", "-loglevel", "error",
        "-y",         "-f",       "mp4",          "-i",        "file:" + part->path().string(),
        "-map",       "0",        "-c",           "copy",      "-movflags",
        "+faststart", "-f",       "mp4"};
    auto result = part->beside(kClip);
    add({.part = std::move(part),
         .argv = std::move(argv),
         .result = std::move(result),
         .clip = std::move(clip)});
}

void Workshop::ended(pid_t child, int status)
{
    if (jobs_.empty() || jobs_.front().child != child) return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    if (status == 0) {
        done(job);
    } else {
        failed(job, "FFmpeg " + ending_of(status));
    }
    start_next();
}

void Workshop::add(Job job)
{
    job.argv.push_back("file:" + draft(job).string());
    jobs_.push_back(std::move(job));
    if (jobs_.size() == 1) start_next();
}

void Workshop::start_next()
{
    while (!jobs_.empty()) {
        const auto child = start_child(jobs_.front().argv, {});
        if (child) {
            jobs_.front().child = *child;
            return;
        }
        failed(jobs_.front(), child.error());
        jobs_.pop_front();
    }
}

void Workshop::done(Job& job)
{
    std::error_code error;
    fs::rename(draft(job), job.result, error);
    if (error) return failed(job, error.message());
    if (!job.clip) return;
    const auto picture = job.part->beside(kPicture);
    if (fs::exists(picture, error)) job.clip->picture = picture.filename().string();
    fs::remove(job.part->path(), error);
    reports_.clip(*job.clip);
}

/// What was recorded stays: the next start tries again.
void Workshop::failed(const Job& job, const std::string& why)
{
    complain(job.result.string() + " could not be made: " + why);
    std::error_code ignored;
    fs::remove(draft(job), ignored);
}

fs::path Workshop::draft(const Job& job)
{
    return job.result.string() + kDraft;
}

}  // namespace sluice::motion
