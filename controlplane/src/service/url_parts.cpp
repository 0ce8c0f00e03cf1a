#include "url_parts.hpp"

#include <utility>

#include "../curl.hpp"

namespace sluice::control {

std::optional<UrlParts> parts_of_url(const std::string& text)
{
    const auto url = parse_url(text);
    if (!url) return std::nullopt;
    auto host = part_of(url.get(), CURLUPART_HOST);
    if (!host) return std::nullopt;
    return UrlParts{std::move(*host), part_of(url.get(), CURLUPART_USER).has_value()};
}

}  // namespace sluice::control
