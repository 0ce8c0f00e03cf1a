#pragma once

#include <sys/types.h>

#include <string>
#include <tl/expected.hpp>

#include "core/hook/messages.hpp"

namespace sluice::exec {

/// What becomes of the program's descriptors, besides its input and outputs.
struct Connections {
    int log = -1;       ///< its stdout and stderr
    int progress = -1;  ///< or none
    int events = -1;    ///< or none
    int cgroup = -1;    ///< Cgroup::door()
};

/// Starts the program in a process group of its own and with nothing of ours but what it is to
/// have. It dies with us, however we die. The error is that of the system: "No such file or
/// directory".
tl::expected<pid_t, std::string> start(const hook::Spec& spec, const Connections& connections);

}  // namespace sluice::exec
