#include "family.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <string>

namespace sluice::process {
namespace {

namespace fs = std::filesystem;

/// A small file of /proc whole, or nothing when its process is gone.
std::optional<std::string> read_small(const std::string& path)
{
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return std::nullopt;
    std::string text;
    std::array<char, 4096> block;
    for (ssize_t got = 0; (got = read(file, block.data(), block.size())) > 0;)
        text.append(block.data(), static_cast<std::size_t>(got));
    close(file);
    return text;
}

template <class Number>
std::optional<Number> whole_number(std::string_view text)
{
    Number number{};
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::vector<std::string_view> words(std::string_view text)
{
    constexpr std::string_view blank = " \n";
    std::vector<std::string_view> found;
    for (auto at = text.find_first_not_of(blank); at != text.npos;) {
        const auto end = std::min(text.find_first_of(blank, at), text.size());
        found.push_back(text.substr(at, end - at));
        at = text.find_first_not_of(blank, end);
    }
    return found;
}

std::string folder_of(pid_t pid)
{
    return "/proc/" + std::to_string(pid);
}

std::optional<Stat> stat_of(pid_t pid)
{
    const auto line = read_small(folder_of(pid) + "/stat");
    return line ? parse_stat(*line) : std::nullopt;
}

/// Names of a folder of /proc that are numbers.
std::vector<pid_t> numbers_in(const std::string& folder)
{
    std::vector<pid_t> found;
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        if (const auto number = whole_number<pid_t>(at->path().filename().native()))
            found.push_back(*number);
    }
    return found;
}

/// Slow, but sure of those that live all the time; and not every kernel keeps lists of children
/// (CONFIG_PROC_CHILDREN).
std::vector<pid_t> children_by_scan(pid_t parent)
{
    auto found = numbers_in("/proc");
    std::erase_if(found, [&](pid_t pid) {
        const auto stat = stat_of(pid);
        return !stat || stat->parent != parent;
    });
    return found;
}

bool kernel_lists_children()
{
    static const bool lists =
        access((folder_of(getpid()) + "/task/" + std::to_string(getpid()) + "/children").c_str(),
               R_OK) == 0;
    return lists;
}

std::uint64_t waited_for_ms()
{
    rusage all{};
    getrusage(RUSAGE_CHILDREN, &all);
    const auto ms = [](const timeval& time) { return time.tv_sec * 1000 + time.tv_usec / 1000; };
    return static_cast<std::uint64_t>(ms(all.ru_utime) + ms(all.ru_stime));
}

}  // namespace

std::optional<Stat> parse_stat(std::string_view line)
{
    // The name may hold anything, hence the last parenthesis. Fields as proc(5) numbers them.
    const auto name_end = line.rfind(')');
    if (name_end == line.npos) return std::nullopt;
    const auto fields = words(line.substr(name_end + 1));
    constexpr std::size_t first = 3;
    constexpr std::size_t last = 24;
    if (fields.size() <= last - first) return std::nullopt;

    Stat stat;
    const auto parent = whole_number<pid_t>(fields[4 - first]);
    const auto rss = whole_number<std::uint64_t>(fields[24 - first]);
    if (!parent || !rss) return std::nullopt;
    stat.parent = *parent;
    stat.rss_pages = *rss;
    for (std::size_t field = 14; field <= 17; ++field) {
        const auto ticks = whole_number<std::uint64_t>(fields[field - first]);
        if (!ticks) return std::nullopt;
        stat.cpu_ticks += *ticks;
    }
    return stat;
}

std::vector<pid_t> children_of(pid_t parent)
{
    if (!kernel_lists_children()) return children_by_scan(parent);
    std::vector<pid_t> found;
    const auto tasks = folder_of(parent) + "/task/";
    for (const auto task : numbers_in(tasks)) {
        const auto list = read_small(tasks + std::to_string(task) + "/children");
        if (!list) continue;
        for (const auto word : words(*list)) {
            if (const auto pid = whole_number<pid_t>(word)) found.push_back(*pid);
        }
    }
    return found;
}

void Descendants::look()
{
    // More than that is a fork bomb, which must not keep us busy.
    constexpr std::size_t most = 1000;
    found_ = children_of(getpid());
    for (std::size_t i = 0; i < found_.size() && i < most; ++i) {
        const auto below = children_of(found_[i]);
        found_.insert(found_.end(), below.begin(), below.end());
    }
    found_.resize(std::min(found_.size(), most));
}

FamilyUsage Descendants::usage() const
{
    static const auto ticks_per_s = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
    static const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    FamilyUsage usage{.cpu_ms = waited_for_ms()};
    for (const auto pid : found_) {
        const auto stat = stat_of(pid);
        if (!stat) continue;
        usage.cpu_ms += stat->cpu_ticks * 1000 / ticks_per_s;
        usage.rss_bytes += stat->rss_pages * page_bytes;
    }
    return usage;
}

void become_subreaper()
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void kill_children()
{
    for (const auto pid : children_by_scan(getpid())) kill(pid, SIGKILL);
}

void kill_orphans(const std::vector<pid_t>& known)
{
    // Those that are killed may leave children of their own to us.
    for (;;) {
        auto orphans = children_by_scan(getpid());
        std::erase_if(orphans,
                      [&](pid_t pid) { return std::ranges::find(known, pid) != known.end(); });
        if (orphans.empty()) return;
        for (const auto pid : orphans) kill(pid, SIGKILL);
        for (const auto pid : orphans) waitpid(pid, nullptr, 0);
    }
}

}  // namespace sluice::process
