#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "../nginx/command.hpp"
#include "../result.hpp"
#include "context.hpp"

namespace sluice::control::ffmpeg {

/// One encoder that Sluice could use.
struct Encoder {
    std::string name;   ///< FFmpeg's
    std::string codec;  ///< `h264` or `h265`
    bool usable = false;
    std::string reason{};  ///< why it is not
};

/// What the FFmpeg of this machine can do.
struct Installed {
    std::string version;  ///< empty: there is none that runs
    std::vector<Encoder> encoders;
    Chosen chosen;
};

/// How FFmpeg and the machine are asked.
struct Questions {
    std::function<Result<nginx::Outcome>(const std::vector<std::string>& argv,
                                         std::chrono::milliseconds limit)>
        run;
    std::function<bool(const std::string& device)> is_there;
};

/// The machine itself.
Questions ask_machine();

/// Takes as long as FFmpeg needs to say what it has, about 0.1 s; an encoder in hardware whose
/// device is there is tried with one frame. All in all at most 20 s.
Installed installed(const std::string& ffmpeg, const Questions& ask);

}  // namespace sluice::control::ffmpeg
