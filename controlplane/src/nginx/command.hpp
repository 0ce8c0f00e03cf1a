#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "../result.hpp"

namespace sluice::control::nginx {

struct Outcome {
    int status = 0;      ///< exit status; 128 + signal when a signal ended it
    std::string output;  ///< stdout and stderr together, at most 64 KiB
};

/// Runs a program (argv[0] is its path; no shell) to its end and catches what it prints. One that
/// takes longer than `limit` is killed: Errc::unavailable. Errc::internal when it can't be started.
Result<Outcome> run(const std::vector<std::string>& argv, std::chrono::milliseconds limit);

}  // namespace sluice::control::nginx
