#include "frame_rate.hpp"

#include "core/media/track.hpp"

namespace sluice::package {

FrameRate frame_rate(std::uint32_t frame)
{
    constexpr std::uint32_t kTelevision = 1001;
    if (frame == 0) return {};
    const auto whole = (media::kVideoTimescale + frame / 2) / frame;
    if (whole == 0) return {};  // one in many seconds: there is no rate to tell
    const auto television = media::kVideoTimescale * kTelevision / (whole * 1000);
    const auto plain = media::kVideoTimescale / whole;
    const auto off = [frame](std::uint32_t ticks) {
        return ticks > frame ? ticks - frame : frame - ticks;
    };
    if (off(television) < off(plain)) return {whole * 1000, kTelevision};
    return {whole, 1};
}

}  // namespace sluice::package
