#pragma once

#include <string>
#include <vector>

/// What programs share that start, watch and end others.
namespace sluice::process {

/// As execve() takes them; valid while `texts` are.
std::vector<char*> pointers(const std::vector<std::string>& texts);

/// Gives a process between fork and exec the signals of a fresh one: none blocked, none ignored.
void reset_signals();

}  // namespace sluice::process
