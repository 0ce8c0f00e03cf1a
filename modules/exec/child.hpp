#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

namespace sluice::ngx {

/// A sluice-exec that was started, and our ends of what connects us; all of them don't block and
/// are close-on-exec.
struct Child {
    pid_t pid = -1;
    int feed = -1;             ///< its program's standard input, for us to write; −1: it has none
    std::vector<int> outputs;  ///< for us to read, as ChildSettings::outputs
    int control = -1;          ///< a socket of packets
};

struct ChildSettings {
    std::string shim;     ///< path of sluice-exec
    std::string channel;  ///< both only name the process
    std::string hook;
    bool fed = true;
    std::vector<std::size_t> outputs{};  ///< their numbers, counted from channel::kFirstOutput
    std::size_t places = 0;  ///< of all outputs; where none is made the program finds nothing
};

/// Starts one. 0, or the error number; nothing is left open then.
int start_child(const ChildSettings& settings, Child& child);

}  // namespace sluice::ngx
