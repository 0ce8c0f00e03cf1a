#pragma once

#include <filesystem>
#include <string>

#include "../result.hpp"

namespace sluice::control {

/// DIR/run/configured: tells the supervisor that nginx can be started, and tells us, when we are started again in the same
/// run, that the command line has been taken over already. The supervisor names the run in the variable SLUICE_RUN.
class RunMarker {
public:
    explicit RunMarker(const std::filesystem::path& dir);

    /// This process takes the place of one that had come as far as set().
    bool restarted() const { return restarted_; }

    /// To be called when nginx's configuration is there.
    Result<void> set() const;

private:
    std::filesystem::path file_;
    std::string run_;
    bool restarted_ = false;
};

/// Exit status after Settings::start() failed: starting again would not help.
inline constexpr int kExitConfiguration = 78;  // EX_CONFIG of sysexits.h

}  // namespace sluice::control
