#include "encoders.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>
#include <sstream>
#include <string_view>

#include "arguments.hpp"
#include "video_encoder.hpp"

namespace sluice::control::ffmpeg {
namespace {

using namespace std::chrono_literals;

constexpr auto kAnswer = 4s;  ///< for what should take a tenth of a second
constexpr auto kTrial = 2s;   ///< for one frame
constexpr std::size_t kMaxReason = 200;

struct Candidate {
    const char* name;
    const char* codec;
    const char* device;  ///< empty: none
};

/// Of each codec the best first.
constexpr std::array kCandidates{Candidate{"h264_nvenc", "h264", "/dev/nvidiactl"},
                                 Candidate{"h264_qsv", "h264", "/dev/dri/renderD128"},
                                 Candidate{"h264_vaapi", "h264", "/dev/dri/renderD128"},
                                 Candidate{"libx264", "h264", ""},
                                 Candidate{"hevc_nvenc", "h265", "/dev/nvidiactl"},
                                 Candidate{"hevc_qsv", "h265", "/dev/dri/renderD128"},
                                 Candidate{"hevc_vaapi", "h265", "/dev/dri/renderD128"},
                                 Candidate{"libx265", "h265", ""}};

/// `5.1.9-0+deb12u1` of "ffmpeg version 5.1.9-0+deb12u1 Copyright …".
std::string version_in(const std::string& text)
{
    std::istringstream words(text);
    std::string program;
    std::string word;
    std::string version;
    words >> program >> word >> version;
    return word == "version" ? version : std::string();
}

/// The second words of lines such as " V....D libx264   libx264 H.264 / AVC".
std::set<std::string> names_in(const std::string& text)
{
    std::set<std::string> names;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string flags;
        std::string name;
        if (words >> flags >> name && flags.front() == 'V') names.insert(name);
    }
    return names;
}

std::string last_line(const std::string& text)
{
    std::istringstream lines(text);
    std::string last = "it ended without a word";
    for (std::string line; std::getline(lines, line);) {
        if (!line.empty()) last = line;
    }
    return last.substr(0, kMaxReason);
}

/// Why one frame can't be coded; empty when it can.
std::string trial(const std::string& ffmpeg, const std::string& encoder, const Questions& ask)
{
    Arguments argv{ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "error"};
    append(argv, device_arguments(encoder));
    append(argv, {"-f", "lavfi", "-i", "color=size=640x360:rate=25", "-frames:v", "1", "-vf",
                  last_filter(encoder)});
    append(argv, video_encoder({.encoder = encoder, .kbps = 1000}));
    append(argv, {"-f", "null", "-"});
    const auto outcome = ask.run(argv, kTrial);
    if (!outcome) return outcome.error().detail;
    return outcome->status == 0 ? std::string() : last_line(outcome->output);
}

std::string reason_against(const Candidate& candidate, const std::set<std::string>& known,
                           const std::string& ffmpeg, const Questions& ask)
{
    if (!known.contains(candidate.name)) return "this FFmpeg does not have it";
    const std::string device = candidate.device;
    if (device.empty()) return {};
    if (!ask.is_there(device)) return "there is no " + device;
    return trial(ffmpeg, candidate.name, ask);
}

/// Where there is none, a name that FFmpeg will complain of.
std::string first_usable(const std::vector<Encoder>& all, std::string_view codec,
                         const std::string& otherwise)
{
    const auto found = std::ranges::find_if(
        all, [&](const Encoder& one) { return one.usable && one.codec == codec; });
    return found == all.end() ? otherwise : found->name;
}

}  // namespace

Questions ask_machine()
{
    return {.run = nginx::run, .is_there = [](const std::string& device) {
                return ::access(device.c_str(), R_OK | W_OK) == 0;
            }};
}

Installed installed(const std::string& ffmpeg, const Questions& ask)
{
    Installed found;
    std::set<std::string> known;
    if (const auto said = ask.run({ffmpeg, "-version"}, kAnswer); said && said->status == 0) {
        found.version = version_in(said->output);
    }
    if (!found.version.empty()) {
        const auto said = ask.run({ffmpeg, "-hide_banner", "-encoders"}, kAnswer);
        if (said && said->status == 0) known = names_in(said->output);
    }
    for (const auto& candidate : kCandidates) {
        auto reason = found.version.empty() ? ffmpeg + " does not run"
                                            : reason_against(candidate, known, ffmpeg, ask);
        const bool usable = reason.empty();
        found.encoders.push_back({candidate.name, candidate.codec, usable, std::move(reason)});
    }
    found.chosen = {.h264 = first_usable(found.encoders, "h264", "libx264"),
                    .h265 = first_usable(found.encoders, "h265", "libx265")};
    return found;
}

}  // namespace sluice::control::ffmpeg
