#include "multivariant.hpp"

#include <array>
#include <cstdio>

namespace sluice::hls {
namespace {

std::string frame_rate(double fps)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3f", fps);
    return text.data();
}

std::string media(const AudioRendition& audio)
{
    auto text = "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"" + audio.group + "\",NAME=\"" + audio.name +
                "\",DEFAULT=YES,AUTOSELECT=YES";
    if (audio.channels != 0) text += ",CHANNELS=\"" + std::to_string(audio.channels) + '"';
    return text + ",URI=\"" + audio.uri + "\"\n";
}

std::string stream(const Variant& variant)
{
    auto text = "#EXT-X-STREAM-INF:BANDWIDTH=" + std::to_string(variant.peak_bps);
    if (variant.average_bps != 0)
        text += ",AVERAGE-BANDWIDTH=" + std::to_string(variant.average_bps);
    text += ",CODECS=\"" + variant.codecs + '"';
    if (variant.width != 0) {
        text +=
            ",RESOLUTION=" + std::to_string(variant.width) + 'x' + std::to_string(variant.height);
    }
    if (variant.fps > 0) text += ",FRAME-RATE=" + frame_rate(variant.fps);
    if (!variant.audio.empty()) text += ",AUDIO=\"" + variant.audio + '"';
    return text + '\n' + variant.uri + '\n';
}

}  // namespace

std::string render(const Multivariant& playlist)
{
    std::string text = "#EXTM3U\n#EXT-X-VERSION:6\n";
    if (playlist.independent_segments) text += "#EXT-X-INDEPENDENT-SEGMENTS\n";
    for (const auto& audio : playlist.audio) text += media(audio);
    for (const auto& variant : playlist.variants) text += stream(variant);
    return text;
}

}  // namespace sluice::hls
