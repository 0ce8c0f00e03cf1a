#include "error_line.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace sluice::hook {
namespace {

constexpr std::array<std::string_view, 24> kWords{
    "error",    "fail",    "invalid",     "unable",      "could not",     "couldn't",
    "cannot",   "can't",   "can not",     "no such",     "not found",     "not supported",
    "refused",  "denied",  "unreachable", "timed out",   "broken pipe",   "unrecognized",
    "unknown ", "missing", "fatal",       "unsupported", "out of memory", "unauthorized"};

}  // namespace

bool tells_of_error(std::string_view line)
{
    // FFmpeg's own summary of what it left out.
    if (line.find("Last message repeated") != line.npos) return false;
    std::string lower(line);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return std::ranges::any_of(kWords, [&](auto word) { return lower.find(word) != lower.npos; });
}

}  // namespace sluice::hook
