#include "error_line.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace sluice::hook {
namespace {

// What belongs to one failure is printed at once, on a busy machine as well.
constexpr std::int64_t kTogetherMs = 2000;

/// Programs mark their errors as they like, so it goes by words.
constexpr std::array<std::string_view, 24> kWords{
    "error",    "fail",    "invalid",     "unable",      "could not",     "couldn't",
    "cannot",   "can't",   "can not",     "no such",     "not found",     "not supported",
    "refused",  "denied",  "unreachable", "timed out",   "broken pipe",   "unrecognized",
    "unknown ", "missing", "fatal",       "unsupported", "out of memory", "unauthorized"};

/// Of FFmpeg's lines those that add nothing to what its parts said before.
constexpr std::array<std::string_view, 10> kSummaries{"conversion failed!",
                                                      "cannot open connection ",
                                                      ": input/output error",
                                                      "error opening input",
                                                      "error opening output",
                                                      "error writing trailer of",
                                                      "error closing file",
                                                      "could not write header for output file",
                                                      "error initializing output stream",
                                                      "maybe incorrect parameters such as"};

bool has_one_of(std::string_view line, const auto& words)
{
    return std::ranges::any_of(words, [&](auto word) { return line.find(word) != line.npos; });
}

/// What stands behind the level that FFmpeg begins a line with.
std::string_view without_level(std::string_view line)
{
    const auto end = line.starts_with('[') ? line.find("] ") : line.npos;
    return end == line.npos ? line : line.substr(end + 2);
}

/// `rtmp://h/live/key: End of file`: FFmpeg's own last word about a file.
bool is_about_an_address(std::string_view text)
{
    return text.substr(0, text.find(' ')).find("://") != text.npos;
}

bool is_summary(std::string_view line)
{
    return is_about_an_address(without_level(line)) || has_one_of(line, kSummaries);
}

}  // namespace

bool ErrorLine::takes(std::string_view line, std::int64_t now_ms)
{
    // FFmpeg's own count of what it left out.
    if (line.find("Last message repeated") != line.npos) return false;
    std::string lower(line);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    if (without_level(lower).empty() || !has_one_of(lower, kWords)) return false;
    if (is_summary(lower)) return !reason_ms_ || now_ms - *reason_ms_ > kTogetherMs;
    reason_ms_ = now_ms;
    return true;
}

}  // namespace sluice::hook
