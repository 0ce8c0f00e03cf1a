#pragma once

#include <sys/types.h>

#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace sluice::supervisor {

/// What a child is started with.
struct Command {
    std::vector<std::string> argv;  ///< argv[0] is the path of the program; no shell
    std::vector<std::string>
        hidden;  ///< names of environment variables that the child must not see
};

struct Child {
    pid_t pid = -1;
    int output = -1;  ///< non-blocking read end of its stdout and stderr; the caller closes it
};

/// Starts a child in a process group of its own (Ctrl-C reaches only us) that gets SIGTERM when we
/// end, however we end.
tl::expected<Child, std::string> start(const Command& command);

}  // namespace sluice::supervisor
