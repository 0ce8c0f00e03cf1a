#include "encoder_routes.hpp"

namespace sluice::control::http {

using nlohmann::json;

void EncoderRoutes::mount(Router& router)
{
    router.add("GET", "/api/v1/encoders", Scope::viewer, [this](const Request&) { return show(); });
}

Answer EncoderRoutes::show() const
{
    const auto or_null = [](const std::string& text) { return text.empty() ? json() : json(text); };
    auto encoders = json::array();
    for (const auto& one : installed_.encoders) {
        encoders.push_back({{"name", one.name},
                            {"codec", one.codec},
                            {"usable", one.usable},
                            {"reason", or_null(one.reason)}});
    }
    return json_reply(
        200, {{"ffmpeg", {{"path", path_}, {"version", or_null(installed_.version)}}},
              {"encoders", std::move(encoders)},
              {"chosen", {{"h264", installed_.chosen.h264}, {"h265", installed_.chosen.h265}}}});
}

}  // namespace sluice::control::http
