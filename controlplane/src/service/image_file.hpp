#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::control {

/// What the file of an image that lies at `url` is called, without its extension.
std::string fetched_image_name(const std::string& url);

/// What the file that `watermark.image` names is called, without its extension; empty when it names
/// none. An uploaded image goes before a URL.
std::string image_name(const nlohmann::json& image);

/// A name, not a path: what leads nowhere but into the folder.
bool is_image_name(std::string_view name);

/// The file of this name in `folder`, whatever its extension; nothing when there is none.
std::optional<std::string> image_file(const std::filesystem::path& folder, std::string_view name);

}  // namespace sluice::control
