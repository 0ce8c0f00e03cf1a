#include "text_diff.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace sluice::control {
namespace {

constexpr std::size_t kContext = 3;

std::vector<std::string_view> lines_of(std::string_view text)
{
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

struct Step {
    char mark;  ///< ' ', '-' or '+'
    std::string_view line;
};

/// The shortest way from one to the other, by the longest common subsequence.
std::vector<Step> steps(const std::vector<std::string_view>& a,
                        const std::vector<std::string_view>& b)
{
    const auto width = b.size() + 1;
    std::vector<std::uint32_t> common((a.size() + 1) * width);  // of what is left of both
    for (auto i = a.size(); i-- > 0;) {
        for (auto j = b.size(); j-- > 0;) {
            common[i * width + j] =
                a[i] == b[j] ? common[(i + 1) * width + j + 1] + 1
                             : std::max(common[(i + 1) * width + j], common[i * width + j + 1]);
        }
    }
    std::vector<Step> out;
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() || j < b.size()) {
        if (i < a.size() && j < b.size() && a[i] == b[j]) {
            out.push_back({' ', a[i++]});
            ++j;
        } else if (i < a.size() &&
                   (j == b.size() || common[(i + 1) * width + j] >= common[i * width + j + 1])) {
            out.push_back({'-', a[i++]});
        } else {
            out.push_back({'+', b[j++]});
        }
    }
    return out;
}

/// Where the hunk that starts at `from` ends: behind the context of its last difference.
std::size_t end_of_hunk(const std::vector<Step>& all, std::size_t from)
{
    std::size_t same = 0;
    auto at = from;
    for (; at < all.size() && same <= 2 * kContext; ++at) same = all[at].mark == ' ' ? same + 1 : 0;
    const auto surplus = same > kContext ? same - kContext : 0;
    return at - surplus;
}

std::string range(std::size_t first, std::size_t count)
{
    return std::to_string(count == 0 ? first : first + 1) + "," + std::to_string(count);
}

}  // namespace

std::string text_diff(std::string_view before, std::string_view after)
{
    const auto all = steps(lines_of(before), lines_of(after));
    std::string out;
    std::size_t old_line = 0;
    std::size_t new_line = 0;
    std::size_t done = 0;
    for (std::size_t at = 0; at < all.size();) {
        if (all[at].mark == ' ') {
            ++at;
            continue;
        }
        const auto start = std::max(done, at - std::min(at, kContext));
        old_line += start - done;
        new_line += start - done;
        const auto end = end_of_hunk(all, at);
        const auto count = [&](char other) {
            return static_cast<std::size_t>(
                std::count_if(all.begin() + static_cast<std::ptrdiff_t>(start),
                              all.begin() + static_cast<std::ptrdiff_t>(end),
                              [&](const Step& step) { return step.mark != other; }));
        };
        const auto old_count = count('+');
        const auto new_count = count('-');
        out += "@@ -" + range(old_line, old_count) + " +" + range(new_line, new_count) + " @@\n";
        for (auto i = start; i < end; ++i) {
            out.append(1, all[i].mark).append(all[i].line).append("\n");
        }
        old_line += old_count;
        new_line += new_count;
        done = at = end;
    }
    return out;
}

}  // namespace sluice::control
