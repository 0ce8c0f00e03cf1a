#include "image_mark.hpp"

#include <nlohmann/json.hpp>

#include "filter_text.hpp"
#include "mark_place.hpp"

namespace sluice::control::ffmpeg {
namespace {

/// A side that is not given follows the other: at least a pixel, and no more than may be asked for.
std::string scale(const nlohmann::json& image)
{
    const auto side = [&](const char* name, const char* follows) {
        if (!image.at(name).is_null()) return std::to_string(image.at(name).get<int>());
        return "'clip(round(" + std::string(follows) + "),1,7680)'";
    };
    if (image.at("width").is_null() && image.at("height").is_null()) return {};
    return ",scale=" + side("width", "oh*a") + ":" + side("height", "ow/a");
}

/// One picture of the file, whatever it holds; `overlay` repeats it.
std::string mark_of(const std::string& file, const nlohmann::json& image)
{
    const auto opacity = nlohmann::json(image.at("opacity").get<double>()).dump();
    const auto place = place_of(image, {"W", "H", "w", "h"});
    return "movie=" + filter_text(file) + ",trim=end_frame=1" + scale(image) +
           ",format=rgba,colorchannelmixer=aa=" + opacity +
           "[mark];[in][mark]overlay=x=" + place.x + ":y=" + place.y;
}

}  // namespace

std::optional<std::string> image_mark(const nlohmann::json& image, const Context& context)
{
    if (!image.at("enabled").get<bool>() || !context.image) return std::nullopt;
    const auto file = context.image(image);
    if (!file) return std::nullopt;
    return mark_of(*file, image);
}

std::optional<std::string> absent_image_mark(const nlohmann::json& image, const Context& context)
{
    if (!image.at("enabled").get<bool>()) return std::nullopt;
    return mark_of(context.dir + "/assets/image-that-is-not-there", image);
}

}  // namespace sluice::control::ffmpeg
