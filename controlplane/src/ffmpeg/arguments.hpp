#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "context.hpp"
#include "core/channel/hook.hpp"

namespace sluice::control::ffmpeg {

using Arguments = std::vector<std::string>;

void append(Arguments& to, const Arguments& more);

/// How times of the input are taken.
enum class Times {
    kept,   ///< what comes back lies where its source lay
    begun,  ///< from nought: another server knows nothing of ours
};

/// When the header of an output is written.
enum class Header {
    at_once,  ///< what the tracks are is known from the input's
    late,     ///< with the first frames, which may tell
};

/// FFmpeg up to its first input: quiet, without a terminal, telling of its progress.
Arguments program(const Context& context);

/// The stream on standard input, decoded by at most `threads`.
Arguments fed_input(Times times, std::size_t threads,
                    channel::Frames frames = channel::Frames::all);

/// First video and first audio track, either of which may be missing.
Arguments both_tracks();

/// Fragmented MP4 on the pipe of output `index`. Decoding times are the stream's own, to the tick;
/// where times begin from nought none lies before that.
Arguments fragmented(std::size_t index, Header header = Header::at_once, Times times = Times::kept);

}  // namespace sluice::control::ffmpeg
