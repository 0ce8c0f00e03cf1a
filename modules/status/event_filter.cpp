#include "event_filter.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace sluice::ngx {
namespace {

constexpr std::array<std::string_view, 3> kKinds{"stream.", "viewer.", "channel."};
constexpr std::string_view kRefused = "stream.rejected";  // its channel is what a stranger typed
constexpr std::array<std::string_view, 6> kFields{"type",   "ts_ms",   "channel",
                                                  "reason", "resumed", "limit"};

}  // namespace

std::optional<Json> shown_to_viewer(const Json& event)
{
    if (!event.is_object()) return std::nullopt;
    const auto type = event.value("type", std::string());
    const bool ours =
        std::ranges::any_of(kKinds, [&](auto kind) { return type.starts_with(kind); });
    if (!ours || type == kRefused) return std::nullopt;
    auto shown = Json::object();
    for (const auto field : kFields) {
        const std::string name(field);
        if (event.contains(name)) shown[name] = event[name];
    }
    return shown;
}

}  // namespace sluice::ngx
