#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sluice::process {

/// What /proc/<pid>/stat says of a process.
struct Stat {
    pid_t parent = 0;
    std::uint64_t cpu_ticks = 0;  ///< its own, and of children that it has waited for
    std::uint64_t rss_pages = 0;
};

/// Nothing for a text that is no line of /proc/<pid>/stat.
std::optional<Stat> parse_stat(std::string_view line);

/// Living children of a process, and zombies it has not waited for. One that is born or dies
/// meanwhile may be missed, and another with it.
std::vector<pid_t> children_of(pid_t parent);

/// What a process and all below it take.
struct FamilyUsage {
    std::uint64_t cpu_ms = 0;
    std::uint64_t rss_bytes = 0;
};

/// The children of this process, theirs, and so on.
class Descendants {
public:
    /// Finds them: some system calls for each of their threads.
    void look();
    /// Of those found and still alive: two system calls each. `cpu_ms` counts those that were
    /// waited for, too.
    FamilyUsage usage() const;

private:
    std::vector<pid_t> found_;
};

/// Processes whose parent died become children of this one.
void become_subreaper();

/// Kills all children of this process, and waits for none. Those they leave behind become its own.
void kill_children();

/// Kills and reaps all children of this process but those in `known`, and what they leave behind
/// (become_subreaper()).
void kill_orphans(const std::vector<pid_t>& known);

}  // namespace sluice::process
