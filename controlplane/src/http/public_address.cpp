#include "public_address.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

std::uint16_t port_of(const json& settings, const char* name, std::uint16_t preset)
{
    const auto port = settings.value(name, json());
    return port.is_number_integer() ? port.get<std::uint16_t>() : preset;
}

std::string host_setting(const json& settings, const char* name)
{
    const auto host = settings.value(name, json());
    return host.is_string() ? bare_host(host.get<std::string>()) : std::string();
}

/// The host that the caller used for this request.
std::string host_asked(const Request& request)
{
    auto host = host_of(request.header("x-forwarded-host"));
    if (host.empty()) host = host_of(request.header("host"));
    return host.empty() ? "localhost" : host;
}

}  // namespace

PublicAddress address_of(const Request& request, const json& settings)
{
    PublicAddress address;
    address.http_port = port_of(settings, "http_port", address.http_port);
    address.https_port = port_of(settings, "https_port", address.https_port);
    address.rtmp_port = port_of(settings, "rtmp_port", address.rtmp_port);
    address.rtmps_port = port_of(settings, "rtmps_port", address.rtmps_port);
    address.https = request.header("x-forwarded-proto") == "https";
    const auto everybodys = host_setting(settings, "public_host");
    address.push_host = host_setting(settings, "push_host");
    address.host = host_setting(settings, "pull_host");
    if (address.push_host.empty()) address.push_host = everybodys;
    if (address.host.empty()) address.host = everybodys;
    const auto asked = host_asked(request);
    if (address.push_host.empty()) address.push_host = asked;
    if (address.host.empty()) address.host = asked;
    return address;
}

}  // namespace sluice::control::http
