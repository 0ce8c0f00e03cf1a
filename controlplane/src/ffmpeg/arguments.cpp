#include "arguments.hpp"

namespace sluice::control::ffmpeg {

void append(Arguments& to, const Arguments& more)
{
    to.insert(to.end(), more.begin(), more.end());
}

Arguments program(const Context& context)
{
    return {context.ffmpeg,
            "-nostdin",
            "-hide_banner",
            "-loglevel",
            "level+warning",
            "-progress",
            "pipe:" + std::to_string(channel::kProgressDescriptor),
            "-stats_period",
            "1"};
}

/// Measured with a stream in real time: three frames tell the rate, where the usual twenty delay
/// the start by 0.6 s; threads that take a frame each would hold back as many frames (80 ms), those
/// that share one hold back none. `-fflags nobuffer` throws away what was read to find the tracks,
/// and with it the first group of pictures. Of key frames alone three may take half a minute, and
/// nobody asks for their rate.
Arguments fed_input(Times times, std::size_t threads, channel::Frames frames)
{
    const auto* counted = frames == channel::Frames::key ? "0" : "3";
    Arguments out{"-analyzeduration", "0", "-probesize", "64k", "-fpsprobesize", counted};
    if (times == Times::kept) append(out, {"-copyts"});
    append(out, {"-threads", std::to_string(threads), "-thread_type", "slice", "-f", "mp4", "-i",
                 "pipe:0"});
    return out;
}

Arguments both_tracks()
{
    return {"-map", "0:v:0?", "-map", "0:a:0?"};
}

/// `-frag_duration 1` begins a fragment with every frame. `frag_every_frame` does so as well, but
/// takes the time of the frame after next for that of the next where tracks are interleaved. A
/// track that pauses holds up the other for a second at most; without that time a frame could be
/// written before its duration is known, and the next one's time would be a guess.
Arguments fragmented(std::size_t index, Header header, Times times)
{
    const std::string late = header == Header::late ? "+delay_moov" : "";
    // An encoder of sound begins before the first sample that it was given.
    const auto* negative = times == Times::kept ? "disabled" : "make_non_negative";
    return {"-avoid_negative_ts",
            negative,
            "-video_track_timescale",
            "90000",
            "-frag_duration",
            "1",
            "-movflags",
            "+empty_moov+default_base_moof+frag_discont" + late,
            "-use_editlist",
            "0",
            "-max_interleave_delta",
            "1000000",
            "-flush_packets",
            "1",
            "-muxdelay",
            "0",
            "-muxpreload",
            "0",
            "-f",
            "mp4",
            "pipe:" + std::to_string(channel::kFirstOutput + static_cast<int>(index))};
}

}  // namespace sluice::control::ffmpeg
