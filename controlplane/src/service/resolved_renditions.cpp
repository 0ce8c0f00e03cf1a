#include "resolved_renditions.hpp"

#include <algorithm>
#include <utility>

#include "builtin_templates.hpp"
#include "core/channel/stream_name.hpp"

namespace sluice::control {

using nlohmann::json;

std::vector<std::string> rendition_names(const json& renditions)
{
    std::vector<std::string> names;
    for (const auto& name : renditions) {
        if (!name.is_string()) continue;
        names.emplace_back(channel::rendition_called(name.get_ref<const std::string&>()));
    }
    return names;
}

ResolvedChannel with_renditions(json channel, const FindTemplate& find)
{
    auto& transcode = channel.at("transcode");
    const auto names = rendition_names(transcode.at("renditions"));
    std::vector<std::string> missing;
    json all = json::array();
    for (const auto& form : builtin_templates()) {
        const auto& name = form.at("name").get_ref<const std::string&>();
        if (std::ranges::find(names, name) != names.end()) all.push_back(form);
    }
    for (const auto& name : names) {
        if (is_builtin_template(name)) continue;
        if (auto own = find(name)) {
            all.push_back(std::move(*own));
        } else {
            missing.push_back(name);
        }
    }
    for (auto& own : transcode.at("custom")) all.push_back(std::move(own));
    transcode["renditions"] = std::move(all);
    transcode.erase("custom");
    return {std::move(channel), std::move(missing)};
}

}  // namespace sluice::control
