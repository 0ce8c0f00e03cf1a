#pragma once

#include <cstdint>

#include "control.hpp"
#include "core/hook/lines.hpp"
#include "core/hook/messages.hpp"
#include "core/process/pipe.hpp"

namespace sluice::exec {

/// What the program tells the world, passed on to the worker: ten events a second.
class ProgramEvents {
public:
    ProgramEvents();

    /// Where the program writes to; the end to be closed once it has it.
    process::Pipe& pipe() { return pipe_; }

    /// Reads a block of what is there, and tells `control`.
    void read(const Control& control, std::int64_t now_ms);

private:
    void take(std::string_view line, const Control& control, std::int64_t now_ms);

    process::Pipe pipe_;
    hook::Lines lines_{2 * hook::kMaxEvent};
    std::int64_t second_ = 0;
    unsigned told_ = 0;  ///< in that second
};

}  // namespace sluice::exec
