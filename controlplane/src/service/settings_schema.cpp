#include "settings_schema.hpp"

#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>

#include "../nginx/certificate.hpp"
#include "channel_urls.hpp"
#include "core/hub/zone.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
using namespace rules;

constexpr long long kMaxPem = 65536;
constexpr long long kMaxRings = 65535;
constexpr std::array kPorts{"http_port", "https_port", "rtmp_port", "rtmps_port"};

/// One per processor that this process may use.
long long processors()
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return std::clamp<long long>(CPU_COUNT(&set), 1, kMaxWorkers);
}

/// How many files this process may open; an unprivileged one can't raise that, and nginx would only
/// write an alert.
std::uint64_t most_open_files()
{
    rlimit machine{};
    if (geteuid() == 0 || getrlimit(RLIMIT_NOFILE, &machine) != 0) return RLIM_INFINITY;
    return machine.rlim_max;
}

/// Enough for thousands of viewers, but never more than the machine allows: the default must work
/// everywhere.
long long connections_preset()
{
    constexpr std::uint64_t kUsual = 8192;
    constexpr std::uint64_t kOthers = 64;  // listeners, logs, the hub's descriptors
    return static_cast<long long>(std::min(kUsual, most_open_files() - kOthers));
}

/// Goes into addresses that are given out: judged by what puts it there.
std::optional<std::string> host_name(const std::string& text)
{
    const auto host = bare_host(text);
    if (!host.empty() && (host == text || "[" + host + "]" == text)) return std::nullopt;
    return "be a host name or an address, without scheme, port or path";
}

std::optional<std::string> page_multiple(const json& ring)
{
    const auto bytes = ring.at("bytes").get<std::uint64_t>();
    if (bytes % 4096 == 0) return std::nullopt;
    return "must be a multiple of 4096";
}

Rule port(long long preset)
{
    return integer(1, 65535, preset);
}

/// The ports that the world uses, where something maps them (a container, a balancer).
Rule public_ports()
{
    const auto other = [] { return port(1).or_null(); };
    return object({{"http", other()}, {"https", other()}, {"rtmp", other()}, {"rtmps", other()}});
}

Rule limits()
{
    return object({
        {"worker_connections", integer(64, 1'000'000, connections_preset())},
        {"max_body_bytes", integer(16 << 10, kMaxBodyBytes, 1 << 20)},
        {"import_max_bytes", integer(1 << 20, kMaxBodyBytes, 32 << 20)},
        {"viewers_per_address", integer(0, 1'000'000, 0)},
    });
}

Rule hub_sizes()
{
    return object({
        {"streams", integer(1, hub::kMaxStreams, 1024)},
        {"rings", list(object({{"bytes", integer(64 << 10, 1ll << 31, 1 << 20)},
                               {"count", integer(1, kMaxRings, 64)}}),
                       8)},
    });
}

Rule tls()
{
    return object({
        {"certificate", text(1, kMaxPem).or_null()},
        {"private_key", text(1, kMaxPem).or_null().secret()},
        {"subject", text(0, 1024).ours()},
        {"expires_at", text(0, 64).ours()},
        {"self_signed", boolean(true).ours()},
    });
}

void check_ports(const json& document, Findings& findings)
{
    std::map<long long, std::string> taken;
    for (const auto* name : kPorts) {
        const auto [at, added] = taken.emplace(document[name].get<long long>(), name);
        if (!added) findings.add(name, "is the same as " + at->second);
    }
}

void check_tls(const json& tls, Findings& findings)
{
    const bool certificate = tls["certificate"].is_string();
    const bool key = tls["private_key"].is_string();
    if (!certificate && !key) return;
    if (!certificate) return findings.add("tls.certificate", "is needed with a private_key");
    if (!key) return findings.add("tls.private_key", "is needed with a certificate");
    const auto facts = nginx::check({tls["certificate"], tls["private_key"]});
    if (facts) return;
    for (const auto& wrong : facts.error().fields) findings.add(wrong.field, wrong.message);
}

void check_rings(const json& rings, Findings& findings)
{
    long long count = 0;
    for (std::size_t i = 0; i < rings.size(); ++i) {
        count += rings[i]["count"].get<long long>();
        const auto path = "hub.rings[" + std::to_string(i) + "].bytes";
        if (const auto complaint = page_multiple(rings[i])) findings.add(path, *complaint);
        if (i > 0 && rings[i]["bytes"] <= rings[i - 1]["bytes"]) {
            findings.add(path, "must be larger than that of the class before");
        }
    }
    if (count > kMaxRings) findings.add("hub.rings", "must be at most 65535 rings together");
}

void check_open_files(const json& limits, Findings& findings)
{
    const auto most = most_open_files();
    if (limits["worker_connections"].get<std::uint64_t>() < most) return;
    findings.add("limits.worker_connections", "needs more open files than the " +
                                                  std::to_string(most) +
                                                  " this process may have (ulimit -Hn)");
}

/// What nginx will ask for at its start (modules/hub/zone.cpp); `nginx -t` does not try it.
bool can_map(std::size_t bytes)
{
    auto* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return false;
    munmap(memory, bytes);
    return true;
}

std::size_t machine_memory()
{
    return static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
           static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

/// Pages of the hub are taken only when a ring fills, but all of them may: more than the machine
/// has ends in the kernel killing somebody.
void check_memory(const json& sizes, Findings& findings)
{
    if (sizes.at("rings").empty()) return;  // the module's own fit everywhere
    hub::Geometry geometry{.streams = sizes.at("streams")};
    for (const auto& ring : sizes.at("rings")) {
        geometry.rings.push_back({ring.at("bytes"), ring.at("count")});
    }
    const auto bytes = hub::zone_bytes(geometry);
    const auto memory = machine_memory();
    if (bytes <= memory && can_map(bytes)) return;
    findings.add("hub.rings", "need " + std::to_string(bytes >> 20) + " MiB of the " +
                                  std::to_string(memory >> 20) + " MiB that this machine has");
}

/// Editors of some systems end lines with CR LF; PEM does not mind, our text rule does.
void strip_carriage_returns(json& document)
{
    if (!document.is_object() || !document.contains("tls") || !document["tls"].is_object()) return;
    for (auto& [name, value] : document["tls"].items()) {
        if (value.is_string()) std::erase(value.get_ref<std::string&>(), '\r');
    }
}

/// 0 stands for what a machine takes: four times its cores, because few processes use up what they
/// may, and all of its memory.
nginx::HookBudget hook_budget(const json& wanted)
{
    constexpr std::uint32_t kCore = 1024;
    constexpr std::uint32_t kOften = 4;
    nginx::HookBudget budget{wanted.at("cpu_units"), wanted.at("memory_mb")};
    if (budget.cpu_units == 0) {
        budget.cpu_units = static_cast<std::uint32_t>(processors()) * kOften * kCore;
    }
    if (budget.memory_mb == 0) {
        budget.memory_mb = static_cast<std::uint32_t>(machine_memory() >> 20);
    }
    return budget;
}

std::string ring_arguments(const json& rings)
{
    std::string text;
    for (const auto& ring : rings) {
        if (!text.empty()) text += ' ';
        text += std::to_string(ring["bytes"].get<long long>()) + ":" +
                std::to_string(ring["count"].get<long long>());
    }
    return text;
}

}  // namespace

const Rule& settings_rule()
{
    static const Rule rule = object({
        {"http_port", port(8080)},
        {"https_port", port(8443)},
        {"rtmp_port", port(1935)},
        {"rtmps_port", port(1936)},
        {"workers", integer(1, kMaxWorkers, processors())},
        {"public_host", text(1, 253).with(host_name).or_null()},
        {"public_ports", public_ports()},
        {"push_host", text(1, 253).with(host_name).or_null()},
        {"pull_host", text(1, 253).with(host_name).or_null()},
        {"limits", limits()},
        {"hub", hub_sizes()},
        {"hooks", object({{"cpu_units", integer(0, 4'194'304, 0)},
                          {"memory_mb", integer(0, 67'108'864, 0)}})},
        {"tls", tls()},
        {"legacy_api_open", boolean(false)},
        {"webhooks", object({{"allow_private", boolean(true)}})},
        {"authorise", object({{"allow_private", boolean(true)}})},
        {"watermark", object({{"allow_private", boolean(false)}})},
        {"events", object({{"max_count", integer(1000, 10'000'000, 100'000)},
                           {"max_days", integer(1, 3650, 30)}})},
        {"version", integer(0, 0, 0).ours()},
        {"updated_at", text(0, 64).ours()},
        {"restart_required", list(text(0, 64), 16).ours()},
    });
    return rule;
}

Result<json> checked_settings(json document)
{
    strip_carriage_returns(document);
    Findings findings;
    check(settings_rule(), document, "", findings);
    if (auto ok = findings.verdict(); !ok) return tl::unexpected(ok.error());

    document = complete(settings_rule(), document);
    check_ports(document, findings);
    check_tls(document["tls"], findings);
    check_rings(document["hub"]["rings"], findings);
    if (auto ok = findings.verdict(); !ok) return tl::unexpected(ok.error());
    return document;
}

Result<void> fits_machine(const json& document)
{
    Findings findings;
    check_open_files(document.at("limits"), findings);
    check_memory(document.at("hub"), findings);
    return findings.verdict();
}

nginx::Configuration to_configuration(const json& document)
{
    const auto& limits = document.at("limits");
    const auto& hub = document.at("hub");
    const auto& tls = document.at("tls");
    nginx::Configuration wanted;
    wanted.ports = {document.at("http_port"), document.at("https_port"), document.at("rtmp_port"),
                    document.at("rtmps_port")};
    wanted.workers = document.at("workers");
    wanted.worker_connections = limits.at("worker_connections");
    wanted.max_body_bytes = limits.at("max_body_bytes");
    wanted.import_max_bytes = limits.at("import_max_bytes");
    wanted.viewers_per_address = limits.at("viewers_per_address");
    wanted.hub = {hub.at("streams"), ring_arguments(hub.at("rings"))};
    wanted.hooks = hook_budget(document.at("hooks"));
    if (tls.at("certificate").is_string()) {
        wanted.certificate = tls.at("certificate");
        wanted.private_key = tls.at("private_key");
    }
    return wanted;
}

}  // namespace sluice::control
