#include "public_address.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

/// The port under which the world reaches us: the one that nginx listens on, unless it is mapped.
std::uint16_t port_of(const json& settings, const std::string& kind)
{
    const auto& mapped = settings.at("public_ports").at(kind);
    return mapped.is_null() ? settings.at(kind + "_port") : mapped;
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
    address.http_port = port_of(settings, "http");
    address.https_port = port_of(settings, "https");
    address.rtmp_port = port_of(settings, "rtmp");
    address.rtmps_port = port_of(settings, "rtmps");
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
