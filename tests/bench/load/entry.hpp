#pragma once

#include <cstdio>
#include <exception>

namespace sluice::bench {

/// Runs a tool's `run(argc, argv)`; whatever is thrown becomes a sentence and status 1.
template <class Run>
int enter(const char* tool, Run run, int argc, char** argv) noexcept
{
    try {
        return run(argc, argv);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s: %s\n", tool, e.what());
    } catch (...) {
        std::fprintf(stderr, "%s: unknown failure\n", tool);
    }
    return 1;
}

}  // namespace sluice::bench
