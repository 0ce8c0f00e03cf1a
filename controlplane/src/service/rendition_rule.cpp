#include "rendition_rule.hpp"

#include "formats.hpp"

namespace sluice::control {
namespace {

using namespace rules;

constexpr long long kMaxPixels = 7680;

/// How long x264 and x265 may think: the faster, the worse the picture.
Rule preset()
{
    auto rule = choice({"ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow",
                        "slower", "veryslow"});
    rule.preset = "veryfast";
    return rule;
}

}  // namespace

std::vector<Field> rendition_fields()
{
    return {
        {"name", text(1, 32).with(formats::rendition)},
        {"width", integer(16, kMaxPixels, 1280)},
        {"height", integer(16, kMaxPixels, 720)},
        {"bitrate_kbps", integer(16, 100'000, 1000)},
        {"codec", choice({"h264", "h265"}).or_null()},
        {"fps", integer(1, 240, 0).or_null()},
        {"gop_s", integer(1, 60, 0).or_null()},
        {"preset", preset()},
        {"audio",
         object({{"codec", choice({"copy", "aac"})}, {"bitrate_kbps", integer(16, 512, 128)}})},
    };
}

const Rule& rendition_rule()
{
    static const Rule rule = object(rendition_fields());
    return rule;
}

}  // namespace sluice::control
