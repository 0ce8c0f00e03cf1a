#include "image_file.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "image_header.hpp"
#include "random.hpp"

namespace sluice::control {

namespace fs = std::filesystem;

std::string fetched_image_name(const std::string& url)
{
    return "url-" + sha256_hex(url);
}

std::string image_name(const nlohmann::json& image)
{
    if (image.at("asset").is_string()) return image.at("asset").get<std::string>();
    if (image.at("url").is_string()) return fetched_image_name(image.at("url").get<std::string>());
    return {};
}

bool is_image_name(std::string_view name)
{
    constexpr std::string_view known = "0123456789abcdefghijklmnopqrstuvwxyz-";
    return !name.empty() && name.size() <= 128 &&
           name.find_first_not_of(known) == std::string_view::npos;
}

std::optional<std::string> image_file(const fs::path& folder, std::string_view name)
{
    if (!is_image_name(name)) return std::nullopt;
    for (const auto kind : {ImageKind::png, ImageKind::jpeg, ImageKind::gif, ImageKind::webp}) {
        const auto file = folder / (std::string(name) + "." + format_of(kind).extension);
        std::error_code error;
        if (fs::is_regular_file(file, error)) return file.string();
    }
    return std::nullopt;
}

}  // namespace sluice::control
