#include "mark_place.hpp"

#include <nlohmann/json.hpp>

namespace sluice::control::ffmpeg {
namespace {

constexpr int kMargin = 16;

/// Along one axis: distances from either edge, else the word of the corner that names the far one.
std::string along(const nlohmann::json& near, const nlohmann::json& far, bool far_corner,
                  bool centre, const std::string& whole, const std::string& mark)
{
    const auto from_far = [&](int distance) {
        return whole + "-" + mark + "-" + std::to_string(distance);
    };
    if (!near.is_null()) return std::to_string(near.get<int>());
    if (!far.is_null()) return from_far(far.get<int>());
    if (centre) return "(" + whole + "-" + mark + ")/2";
    return far_corner ? from_far(kMargin) : std::to_string(kMargin);
}

}  // namespace

Place place_of(const nlohmann::json& mark, const Extent& extent)
{
    const auto position = mark.at("position").get<std::string>();
    const bool centre = position == "center";
    return {along(mark.at("left"), mark.at("right"), position.ends_with("right"), centre,
                  extent.width, extent.mark_width),
            along(mark.at("top"), mark.at("bottom"), position.starts_with("bottom"), centre,
                  extent.height, extent.mark_height)};
}

}  // namespace sluice::control::ffmpeg
