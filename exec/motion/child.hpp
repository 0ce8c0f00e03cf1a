#pragma once

#include <sys/types.h>

#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace sluice::motion {

/// A descriptor of ours and the number that the child knows it by (0 … 9).
struct Given {
    int ours = -1;
    int theirs = -1;
};

/// Starts a program that has our stderr, `given`, and nothing else of ours. It dies with us. The
/// error is that of the system.
tl::expected<pid_t, std::string> start_child(const std::vector<std::string>& argv,
                                             const std::vector<Given>& given);

/// "exited with 1", "was killed by signal 9".
std::string ending_of(int status);

}  // namespace sluice::motion
