#include "zone.hpp"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>

namespace sluice::ngx {
namespace {

// The master's statics survive reloads: nginx opens the new cycle's modules before it closes the
// old one's.
hub::Zone zone;
hub::Geometry made;

hub::Geometry geometry_of(const HubConf& conf)
{
    hub::Geometry geometry{.streams = static_cast<std::uint32_t>(conf.streams),
                           .events = static_cast<std::uint32_t>(conf.events),
                           .sessions = static_cast<std::uint32_t>(conf.sessions),
                           .rings = {}};
    if (conf.rings == nullptr) {
        for (const auto& ring : defaults::hub_rings) {
            geometry.rings.push_back(
                {.bytes = ring.bytes, .count = static_cast<std::uint32_t>(ring.count)});
        }
        return geometry;
    }
    const auto* settings = static_cast<const RingSetting*>(conf.rings->elts);
    for (ngx_uint_t i = 0; i < conf.rings->nelts; ++i) {
        geometry.rings.push_back(
            {.bytes = settings[i].bytes, .count = static_cast<std::uint32_t>(settings[i].count)});
    }
    return geometry;
}

bool same(const hub::Geometry& a, const hub::Geometry& b)
{
    if (a.streams != b.streams || a.events != b.events || a.sessions != b.sessions ||
        a.rings.size() != b.rings.size())
        return false;
    for (std::size_t i = 0; i < a.rings.size(); ++i) {
        if (a.rings[i].bytes != b.rings[i].bytes || a.rings[i].count != b.rings[i].count)
            return false;
    }
    return true;
}

bool make_wake_fds(ngx_log_t* log)
{
    for (auto& fd : zone.header().wake_fd) {
        fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (fd == -1) {
            ngx_log_error(NGX_LOG_EMERG, log, ngx_errno, "sluice hub: eventfd() failed");
            return false;
        }
    }
    return true;
}

}  // namespace

hub::Zone hub_zone()
{
    return zone;
}

bool make_hub_zone(const HubConf& conf, ngx_log_t* log)
{
    if (zone) return true;
    const auto geometry = geometry_of(conf);
    const auto bytes = hub::zone_bytes(geometry);
    auto* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno, "sluice hub: mmap(%uz) failed", bytes);
        return false;
    }
    std::uint64_t random[3]{};
    if (getrandom(random, sizeof(random), 0) != static_cast<ssize_t>(sizeof(random))) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno, "sluice hub: getrandom() failed");
        return false;
    }
    const auto formatted = hub::Zone::format({static_cast<std::byte*>(memory), bytes}, geometry,
                                             random[0], random + 1);
    if (!formatted) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "sluice hub: sluice_hub_streams or sluice_hub_rings out of range");
        munmap(memory, bytes);
        return false;
    }
    zone = *formatted;
    made = geometry;
    return make_wake_fds(log);
}

bool fits_hub_zone(const HubConf& conf)
{
    return !zone || same(made, geometry_of(conf));
}

}  // namespace sluice::ngx
