#pragma once

#include <sys/types.h>
#include <array>
#include <cstddef>
#include <cstdint>

namespace sluice::hub {

/// A process that can be told from a later one with the same pid: pid in the upper 22 bits, the low
/// 42 bits of its start time (clock ticks since boot, proc(5) field 22) below. 0 is no process.
using ProcessId = std::uint64_t;

/// The calling process's id. 0 only when /proc can't be read.
ProcessId own_process_id();

/// Whether that very process still exists. A zombie counts as dead: it will never write again. When
/// /proc can't be asked (no descriptor left) the answer is true: what a living process owns must
/// never be taken from it.
bool is_alive(ProcessId id);

inline pid_t pid_of(ProcessId id)
{
    return static_cast<pid_t>(id >> 42);
}

/// Asks once per process and remembers: for one round of housekeeping over many rings of few
/// processes.
class Lives {
public:
    bool alive(ProcessId id);

private:
    struct Known {
        ProcessId id;
        bool alive;
    };
    std::array<Known, 64> known_{};
    std::size_t count_ = 0;
};

}  // namespace sluice::hub
