#include "text_mark.hpp"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "filter_text.hpp"
#include "font.hpp"
#include "mark_place.hpp"

namespace sluice::control::ffmpeg {
namespace {

/// `#rrggbb` or `#rrggbbaa`, and opacity, as `0xrrggbb@alpha`.
std::string color_of(const std::string& color, double opacity)
{
    unsigned alpha = 255;
    if (color.size() == 9) std::from_chars(color.data() + 7, color.data() + 9, alpha, 16);
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                   opacity * alpha / 255, std::chars_format::fixed, 4);
    return "0x" + color.substr(1, 6) + "@" + std::string(digits.data(), end.ptr);
}

}  // namespace

std::optional<std::string> text_mark(const nlohmann::json& text, const Fonts& fonts)
{
    const auto content = text.at("content").get<std::string>();
    if (!text.at("enabled").get<bool>() || content.empty()) return std::nullopt;

    const auto place = place_of(text, {"w", "h", "tw", "th"});
    const auto& font = font_for(content, fonts);
    std::string filter = "drawtext=expansion=none";
    if (!font.empty()) filter += ":fontfile=" + filter_text(font);
    return filter + ":fontsize=" + std::to_string(text.at("font_size").get<int>()) +
           ":fontcolor=" + color_of(text.at("color"), text.at("opacity")) + ":x=" + place.x +
           ":y=" + place.y + ":text=" + filter_text(content);
}

}  // namespace sluice::control::ffmpeg
