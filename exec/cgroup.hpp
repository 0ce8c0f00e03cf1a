#pragma once

#include <filesystem>
#include <string>

#include "core/hook/messages.hpp"

namespace sluice::exec {

/// A cgroup (v2) of one program's own, gone with it; nothing at all where there can be none.
class Cgroup {
public:
    /// Below spec.cgroup, named for the hook. What killed predecessors left there goes.
    Cgroup(const hook::Spec& spec, const std::string& name);
    ~Cgroup();
    Cgroup(const Cgroup&) = delete;
    Cgroup& operator=(const Cgroup&) = delete;

    /// A process that writes "0" to it joins; -1: there is no group.
    int door() const { return door_; }
    /// Whether the kernel holds it to spec.memory_bytes.
    bool bounds_memory() const { return bounds_memory_; }
    /// Whether the kernel killed in it for want of memory.
    bool ran_out_of_memory() const;
    /// Kills all that is in it.
    void kill() const;

private:
    std::filesystem::path folder_;
    int door_ = -1;
    bool bounds_memory_ = false;
};

}  // namespace sluice::exec
