#include "builtin_templates.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/channel/stream_name.hpp"
#include "rendition_rule.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

json builtin(const char* name, int width, int height, int kbps)
{
    return complete(rendition_rule(),
                    {{"name", name}, {"width", width}, {"height", height}, {"bitrate_kbps", kbps}});
}

}  // namespace

const json& builtin_templates()
{
    static const json all{builtin("ld", 640, 360, 400), builtin("sd", 854, 480, 600),
                          builtin("hd", 1280, 720, 1000), builtin("ud", 1920, 1080, 2000)};
    return all;
}

bool is_builtin_template(std::string_view name)
{
    const auto wanted = channel::rendition_called(name);
    return std::ranges::any_of(builtin_templates(),
                               [&](const json& form) { return form.at("name") == wanted; });
}

}  // namespace sluice::control
