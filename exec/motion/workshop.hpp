#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "part_file.hpp"
#include "reports.hpp"

namespace sluice::motion {

/// Makes of what was recorded what everybody can play: one FFmpeg after the other, beside all else.
class Workshop {
public:
    Workshop(std::filesystem::path folder, std::string ffmpeg, Reports& reports)
        : folder_(std::move(folder)), ffmpeg_(std::move(ffmpeg)), reports_(reports)
    {}

    /// Clips that a program which was killed left in the folder.
    void finish_what_was_left();

    /// `<name>.jpg` of the frame at `at_ms` of the clip.
    void picture(const std::shared_ptr<PartFile>& part, std::int64_t at_ms);
    /// `<name>.mp4`, and tells of it.
    void finish(std::shared_ptr<PartFile> part, FinishedClip clip);

    /// One of our children ended.
    void ended(pid_t child, int status);
    bool idle() const { return jobs_.empty(); }

private:
    struct Job {
        std::shared_ptr<PartFile> part;
        std::vector<std::string> argv;
        std::filesystem::path result;
        std::optional<FinishedClip> clip;  ///< that is finished by it
        pid_t child = 0;
    };

    void add(Job job);
    void start_next();
    void done(Job& job);
    void failed(const Job& job, const std::string& why);
    static std::filesystem::path draft(const Job& job);

    std::filesystem::path folder_;
    std::string ffmpeg_;
    Reports& reports_;
    std::deque<Job> jobs_;  ///< the first one runs
};

}  // namespace sluice::motion
