#include "video_encoder.hpp"

#include <array>
#include <string_view>

namespace sluice::control::ffmpeg {
namespace {

/// Quality where no rate is wished for: what a picture keeps that is coded a second time.
constexpr auto kQuality = "20";

/// Longer than any stream: no key frames but the source's.
constexpr auto kNoGop = "1000000000";

bool is(const std::string& encoder, std::string_view kind)
{
    return encoder.ends_with(kind);
}

/// The rate holds over any second, so that it fits the line it was chosen for.
Arguments rate(const VideoCoding& wanted, const char* quality)
{
    if (!wanted.kbps) return {quality, kQuality};
    const auto rate = std::to_string(*wanted.kbps) + "k";
    return {"-b:v", rate, "-maxrate:v", rate, "-bufsize:v", rate};
}

Arguments x264(const VideoCoding& wanted)
{
    Arguments out{"-preset:v",       wanted.preset, "-tune:v",       "zerolatency",
                  "-sc_threshold:v", "0",           "-forced-idr:v", "1"};
    append(out, rate(wanted, "-crf:v"));
    append(out, {"-g:v", wanted.gop ? std::to_string(*wanted.gop) : kNoGop});
    append(out, {"-threads:v", std::to_string(wanted.threads)});
    return out;
}

Arguments x265(const VideoCoding& wanted)
{
    Arguments out{"-preset:v", wanted.preset, "-tune:v", "zerolatency", "-forced-idr:v", "1"};
    append(out, rate(wanted, "-crf:v"));
    const auto keyint = wanted.gop ? std::to_string(*wanted.gop) : std::string("-1");
    append(out, {"-x265-params:v", "log-level=error:scenecut=0:keyint=" + keyint +
                                       ":pools=" + std::to_string(wanted.threads)});
    return out;
}

Arguments hardware(const VideoCoding& wanted)
{
    Arguments out;
    const bool qsv = is(wanted.encoder, "_qsv");
    if (is(wanted.encoder, "_nvenc")) {
        out = {"-preset:v", "p4", "-tune:v", "ll", "-zerolatency:v", "1", "-forced-idr:v", "1"};
        append(out, rate(wanted, "-cq:v"));
    } else if (qsv) {
        out = {"-preset:v", "veryfast", "-async_depth:v", "1", "-forced_idr:v", "1"};
        append(out, rate(wanted, "-global_quality:v"));
    } else {
        out = {"-async_depth:v", "1"};
        append(out, rate(wanted, "-qp:v"));
    }
    append(out, {"-bf:v", "0", "-g:v", wanted.gop ? std::to_string(*wanted.gop) : "65535"});
    return out;
}

bool makes_hevc(const std::string& encoder)
{
    return encoder.starts_with("hevc") || encoder == "libx265";
}

}  // namespace

Arguments video_encoder(const VideoCoding& wanted)
{
    Arguments out{"-c:v", wanted.encoder};
    if (wanted.encoder == "libx264") {
        append(out, x264(wanted));
    } else if (wanted.encoder == "libx265") {
        append(out, x265(wanted));
    } else {
        append(out, hardware(wanted));
    }
    if (makes_hevc(wanted.encoder)) append(out, {"-tag:v", "hvc1"});
    append(out, {"-fps_mode:v", "passthrough", "-enc_time_base:v", "-1"});
    append(out, {"-force_key_frames:v", "source_no_drop"});
    return out;
}

std::string last_filter(const std::string& encoder)
{
    if (is(encoder, "_vaapi")) return "format=nv12,hwupload";
    if (is(encoder, "_qsv")) return "format=nv12";
    return "format=yuv420p";
}

Arguments device_arguments(const std::string& encoder)
{
    if (!is(encoder, "_vaapi")) return {};
    return {"-init_hw_device", "vaapi=sluice:/dev/dri/renderD128", "-filter_hw_device", "sluice"};
}

}  // namespace sluice::control::ffmpeg
