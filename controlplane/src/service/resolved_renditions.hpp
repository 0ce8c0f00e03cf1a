#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace sluice::control {

/// The settings of an own template; nothing when there is none of that name.
using FindTemplate = std::function<std::optional<nlohmann::json>(const std::string& name)>;

struct ResolvedChannel {
    nlohmann::json channel;
    std::vector<std::string> missing;  ///< templates that it names and that are not there
};

/// A complete channel with what is to be made in the place of names: `transcode.renditions` holds
/// the settings of each rendition, the built-in ones first and those of `transcode.custom`, which
/// is gone, last.
ResolvedChannel with_renditions(nlohmann::json channel, const FindTemplate& find);

/// The names in a list like `transcode.renditions`, those that are called by their heights as what
/// they are.
std::vector<std::string> rendition_names(const nlohmann::json& renditions);

}  // namespace sluice::control
