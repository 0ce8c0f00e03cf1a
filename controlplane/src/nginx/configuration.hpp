#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "../result.hpp"

namespace sluice::control::nginx {

/// Where things lie on this machine; fixed for the life of the process.
struct Places {
    std::filesystem::path dir;            ///< DIR, absolute
    std::filesystem::path nginx;          ///< the binary
    std::filesystem::path nginx_modules;  ///< folder of ngx_rtmp_module.so and ngx_stream_module.so
    std::filesystem::path sluice_module;  ///< ngx_sluice_module.so
    std::filesystem::path templates;      ///< folder of *.mustache
    std::filesystem::path web;            ///< folder with console/, player/ and assets/
    std::filesystem::path binaries;       ///< folder of sluice-exec and sluice-motion
};

struct Ports {
    std::uint16_t http = 8080;
    std::uint16_t https = 8443;
    std::uint16_t rtmp = 1935;
    std::uint16_t rtmps = 1936;

    bool operator==(const Ports&) const = default;
};

/// Sizes of the shared memory. They change only when nginx starts anew: a running hub can't be
/// resized.
struct Hub {
    std::uint32_t streams = 0;  ///< 0: the module's default
    std::string rings;          ///< arguments of sluice_hub_rings; empty: the module's default

    bool operator==(const Hub&) const = default;
};

/// What the processes beside all streams may use together.
struct HookBudget {
    std::uint32_t cpu_units = 0;  ///< 1024 are a core
    std::uint32_t memory_mb = 0;

    bool operator==(const HookBudget&) const = default;
};

/// Everything one rendered configuration depends on, but its generation.
struct Configuration {
    Ports ports;
    std::uint16_t rtmps_inner = 0;  ///< loopback port between TLS and RTMP
    std::uint32_t workers = 1;
    std::uint32_t worker_connections = 8192;
    std::uint32_t open_files =
        0;  ///< per worker; 0: what worker_connections needs, if the machine allows it
    std::uint64_t max_body_bytes = 1 << 20;
    std::uint64_t import_max_bytes = 32 << 20;
    std::uint32_t viewers_per_address = 0;  ///< 0: no limit
    Hub hub;
    HookBudget hooks;
    std::string certificate;  ///< PEM, leaf first
    std::string private_key;  ///< PEM
    bool ipv6 = true;         ///< whether this machine can listen on IPv6
};

/// One complete nginx.conf. The certificate and its key are referred to as certificate.pem and
/// private_key.pem in `folder`. Errors: internal when a template is missing or does not parse,
/// invalid when a path can't be written into nginx configuration.
Result<std::string> render(const Configuration& wanted, const Places& places,
                           std::uint32_t generation, const std::filesystem::path& folder);

}  // namespace sluice::control::nginx
