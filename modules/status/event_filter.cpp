#include "event_filter.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>

namespace sluice::ngx {
namespace {

constexpr std::array<std::string_view, 3> kKinds{"stream.", "viewer.", "channel."};
constexpr std::string_view kRefused = "stream.rejected";  // its channel is what a stranger typed
constexpr std::array<std::string_view, 5> kEnvelope{"type", "ts_ms", "channel", "id", "number"};
/// Of the data: those of nginx's own events stand beside the type, the control plane's apart.
constexpr std::array<std::string_view, 3> kData{"reason", "resumed", "limit"};

void copy(const Json& from, std::span<const std::string_view> fields, Json& to)
{
    for (const auto field : fields) {
        const std::string name(field);
        if (from.contains(name)) to[name] = from[name];
    }
}

}  // namespace

std::optional<Json> shown_to_viewer(const Json& event)
{
    if (!event.is_object()) return std::nullopt;
    const auto type = event.value("type", std::string());
    const bool ours =
        std::ranges::any_of(kKinds, [&](auto kind) { return type.starts_with(kind); });
    if (!ours || type == kRefused) return std::nullopt;
    auto shown = Json::object();
    copy(event, kEnvelope, shown);
    copy(event, kData, shown);
    if (const auto data = event.find("data"); data != event.end() && data->is_object()) {
        copy(*data, kData, shown["data"] = Json::object());
    }
    return shown;
}

}  // namespace sluice::ngx
