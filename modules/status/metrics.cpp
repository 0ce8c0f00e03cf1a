#include <string>

#include "core/hub/hub.hpp"
#include "core/hub/slots.hpp"
#include "core/hub/totals.hpp"
#include "hook_metrics.hpp"
#include "metrics_page.hpp"
#include "modules/hub/worker.hpp"
#include "package_metrics.hpp"
#include "report.hpp"
#include "stream_metrics.hpp"

namespace sluice::ngx {
namespace {

void add_totals(const hub::Totals& totals, MetricsPage& page)
{
    page.gauge("sluice_streams", "Streams by state.");
    page.sample(totals.live, "{state=\"live\"}");
    page.sample(totals.waiting, "{state=\"waiting\"}");
    page.gauge("sluice_viewers", "Viewers now, by protocol.");
    for (std::size_t i = 0; i < hub::kProtocols; ++i) {
        page.sample(totals.viewers.at(i),
                    std::string("{protocol=\"") + hub::kProtocolNames.at(i) + "\"}");
    }
    page.counter("sluice_in_bytes_total", "Media bytes received from publishers.");
    page.sample(totals.bytes_in);
    page.counter("sluice_out_bytes_total", "Media bytes sent to viewers.");
    page.sample(totals.bytes_out);
    page.counter("sluice_viewer_skips_total", "Jumps of slow viewers to a newer key frame.");
    page.sample(totals.skip_count);
    page.counter("sluice_viewer_skipped_tags_total", "Tags that slow viewers jumped over.");
    page.sample(totals.skip_tags);
    page.counter("sluice_viewer_skipped_seconds_total",
                 "Media time that slow viewers jumped over.");
    page.sample(static_cast<double>(totals.skip_ms) / 1000);
    page.counter("sluice_viewer_overruns_total",
                 "Viewers closed because the ring overtook them inside a tag.");
    page.sample(totals.overruns);
}

void add_rings(const hub::Zone& zone, MetricsPage& page)
{
    struct SizeClass {
        std::uint64_t bytes = 0, total = 0, used = 0;
    };
    std::vector<SizeClass> classes;
    for (std::uint32_t i = 0; i < zone.header().rings; ++i) {
        const auto& ring = zone.ring(i);
        if (classes.empty() || classes.back().bytes != ring.bytes)
            classes.push_back({.bytes = ring.bytes});
        ++classes.back().total;
        classes.back().used += ring.owner.load() != 0;
    }
    const auto label = [](const SizeClass& c) {
        return "{ring_bytes=\"" + std::to_string(c.bytes) + "\"}";
    };
    page.gauge("sluice_hub_rings_max", "Rings there are, by size class.");
    for (const auto& c : classes) page.sample(c.total, label(c));
    page.gauge("sluice_hub_rings", "Rings that publishers hold, by size class.");
    for (const auto& c : classes) page.sample(c.used, label(c));
}

void add_hub(const hub::Zone& zone, const hub::Totals& totals, MetricsPage& page)
{
    page.gauge("sluice_hub_zone_bytes", "Size of the hub's zone in shared memory.");
    page.sample(zone.header().zone_bytes);
    page.gauge("sluice_hub_streams_max", "Streams there is room for.");
    page.sample(zone.header().streams);
    page.gauge("sluice_hub_streams", "Streams that are live, waiting or watched.");
    page.sample(totals.used);
    add_rings(zone, page);
    page.gauge("sluice_hub_sessions_max", "Sessions of HLS and DASH viewers there is room for.");
    page.sample(zone.header().sessions);
    page.gauge("sluice_hub_sessions", "Sessions of HLS and DASH viewers that are kept.");
    page.sample(zone.header().sessions_used.load());
    page.counter("sluice_hub_sessions_dropped_total",
                 "Requests whose viewer was not counted because there was no room.");
    page.sample(zone.header().sessions_dropped.load());
    page.counter("sluice_hub_events_total", "Events appended to the hub's ring.");
    page.sample(zone.header().event_head.load());
}

template <class Value>
void each_worker(const hub::Zone& zone, MetricsPage& page, Value&& value)
{
    for (std::uint32_t i = 0; i < hub::kSlots; ++i) {
        const auto& slot = zone.slot(i);
        if (slot.owner.load() == 0) continue;
        page.sample(value(slot), "{slot=\"" + std::to_string(i) + "\"}");
    }
}

/// A worker keeps its slot, and a new one takes the lowest that is free: at most kSlots of each.
void add_workers(const hub::Zone& zone, MetricsPage& page)
{
    using Slot = const hub::WorkerSlot&;
    page.gauge("sluice_worker_viewers", "Viewers that the worker serves.");
    each_worker(zone, page, [](Slot slot) { return slot.viewers.load(); });
    page.gauge("sluice_worker_held_requests",
               "Requests that wait in the worker for a part or playlist of low-latency HLS.");
    each_worker(zone, page, [](Slot slot) { return slot.held.load(); });
    page.gauge("sluice_worker_publishers", "Publishers that the worker serves.");
    each_worker(zone, page, [](Slot slot) { return slot.publishers.load(); });
    page.gauge("sluice_worker_config_generation", "Generation of nginx's configuration in force.");
    each_worker(zone, page, [](Slot slot) { return slot.config_generation.load(); });
    page.gauge("sluice_worker_snapshot_generation", "Generation of the channels snapshot in use.");
    each_worker(zone, page, [](Slot slot) { return slot.snapshot_generation.load(); });
    page.gauge("sluice_worker_exiting",
               "1 for a worker of an older configuration that lives for its last sessions.");
    each_worker(zone, page, [](Slot slot) { return slot.exiting.load(); });
    page.gauge("sluice_worker_heartbeat_age_seconds", "Time since the worker gave a sign of life.");
    each_worker(zone, page, [now = wall_ms()](Slot slot) {
        return static_cast<double>(std::max<std::int64_t>(0, now - slot.heartbeat_ms)) / 1000;
    });
}

#if (NGX_STAT_STUB)
void add_connections(MetricsPage& page)
{
    page.gauge("sluice_connections",
               "Connections of clients, by what nginx does with them; an RTMP session is active.");
    page.sample(static_cast<std::uint64_t>(*ngx_stat_active), "{state=\"active\"}");
    page.sample(static_cast<std::uint64_t>(*ngx_stat_reading), "{state=\"reading\"}");
    page.sample(static_cast<std::uint64_t>(*ngx_stat_writing), "{state=\"writing\"}");
    page.sample(static_cast<std::uint64_t>(*ngx_stat_waiting), "{state=\"waiting\"}");
    page.counter("sluice_connections_accepted_total", "Connections that were accepted.");
    page.sample(static_cast<std::uint64_t>(*ngx_stat_accepted));
    page.counter("sluice_connections_dropped_total",
                 "Connections closed at once because there was no room for more.");
    page.sample(static_cast<std::uint64_t>(*ngx_stat_accepted - *ngx_stat_handled));
    page.counter("sluice_http_requests_total", "HTTP requests that nginx began to serve.");
    page.sample(static_cast<std::uint64_t>(*ngx_stat_requests));
}
#else
void add_connections(MetricsPage&) {}
#endif

}  // namespace

std::string report_metrics()
{
    const auto& zone = worker()->zone;
    const auto totals = hub::totals_of(zone);
    MetricsPage page;
    add_totals(totals, page);
    add_hub(zone, totals, page);
    add_workers(zone, page);
    add_connections(page);
    add_package_metrics(page);
    add_hook_metrics(page);
    add_stream_metrics(zone, page);
    return page.take();
}

}  // namespace sluice::ngx
