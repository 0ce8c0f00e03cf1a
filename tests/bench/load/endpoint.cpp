#include "endpoint.hpp"

#include <charconv>

namespace sluice::bench {
namespace {

Result<std::uint16_t> parse_port(std::string_view text)
{
    std::uint16_t port = 0;
    const auto end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, port);
    if (error != std::errc{} || stop != end || port == 0)
        return fail("not a port: " + std::string(text));
    return port;
}

}  // namespace

std::string Endpoint::authority() const
{
    const bool v6 = address.find(':') != std::string::npos;
    return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

Result<Endpoint> parse_endpoint(std::string_view url)
{
    const auto scheme_end = url.find("://");
    if (scheme_end == std::string_view::npos) return fail("the URL has no scheme");
    const auto rest = url.substr(scheme_end + 3);
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos) return fail("the URL has no path");
    const auto authority = rest.substr(0, slash);
    const auto colon = authority.rfind(':');
    if (colon == std::string_view::npos) return fail("the URL has no port");

    const auto port = parse_port(authority.substr(colon + 1));
    if (!port) return tl::unexpected(port.error());
    auto address = authority.substr(0, colon);
    if (address.starts_with('[') && address.ends_with(']'))
        address = address.substr(1, address.size() - 2);
    return Endpoint{std::string(url.substr(0, scheme_end)), std::string(address), *port,
                    std::string(rest.substr(slash))};
}

std::string numbered(std::string_view text, std::size_t number)
{
    std::string out(text);
    const auto digits = std::to_string(number);
    for (auto at = out.find("%d"); at != std::string::npos;
         at = out.find("%d", at + digits.size())) {
        out.replace(at, 2, digits);
    }
    return out;
}

}  // namespace sluice::bench
