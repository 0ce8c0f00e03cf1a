"""The command of a transcoding hook, as the control plane makes it (controlplane/src/ffmpeg); test_bench_tools.py compares."""

from . import tools

TASK_SIZE = "large"
CPU_UNITS, MEMORY_MB, THREADS = 2048, 4096, 2  # what it means
INPUT = ("-analyzeduration 0 -probesize 64k -fpsprobesize 3 -copyts "
         f"-threads {THREADS} -thread_type slice -f mp4 -i pipe:0")
PROGRESS = "-progress pipe:100 -stats_period 1"
FRAGMENTED = ("-avoid_negative_ts disabled -video_track_timescale 90000 -frag_duration 1 "
              "-movflags +empty_moov+default_base_moof+frag_discont -use_editlist 0 "
              "-max_interleave_delta 1000000 -flush_packets 1 -muxdelay 0 -muxpreload 0 -f mp4")
FIRST_OUTPUT = 3


def output(height, kbps):
    """The options of one rendition but for where it goes."""
    fit = "force_original_aspect_ratio=decrease:force_divisible_by=2,setsar=1,format=yuv420p"
    return (f"-map 0:v:0? -map 0:a:0? -vf scale={even(height * 16 / 9)}:{height}:{fit} "
            "-c:v libx264 -preset:v veryfast -tune:v zerolatency -sc_threshold:v 0 -forced-idr:v 1 "
            f"-b:v {kbps}k -maxrate:v {kbps}k -bufsize:v {kbps}k -g:v 1000000000 -threads:v {THREADS} "
            "-fps_mode:v passthrough -enc_time_base:v -1 -force_key_frames:v source_no_drop -c:a copy " + FRAGMENTED)


def command(renditions, targets, *, more=""):
    """One FFmpeg for all of {height: kbit/s}, each into its target."""
    outputs = " ".join(f"{output(*rendition)} {target}" for rendition, target in zip(renditions.items(), targets))
    quiet = f"-nostdin -hide_banner -loglevel level+warning {more}"
    return f"{tools.program('ffmpeg')} {quiet} -filter_threads {THREADS} {INPUT} {outputs}"


def hook(renditions):
    """The same for sluice_exec: `p<height>` is what a rendition is called."""
    names = " ".join(f"output=p{height}" for height in renditions)
    pipes = [f"pipe:{FIRST_OUTPUT + number}" for number in range(len(renditions))]
    return f"{names} progress cpu={CPU_UNITS} memory={MEMORY_MB} {command(renditions, pipes, more=PROGRESS)}"


def even(size):
    return round(size / 2) * 2
