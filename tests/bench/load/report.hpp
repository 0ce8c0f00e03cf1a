#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>

namespace sluice::bench {

/// One JSON object a line on standard output, at once: the runner acts on them.
inline void report(const nlohmann::json& event)
{
    std::puts(event.dump().c_str());
    std::fflush(stdout);
}

}  // namespace sluice::bench
