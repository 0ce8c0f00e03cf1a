#include <string>

#include "core/hub/hub.hpp"
#include "core/hub/slots.hpp"
#include "modules/hub/worker.hpp"
#include "report.hpp"

namespace sluice::ngx {
namespace {

struct Totals {
    std::uint64_t live = 0, waiting = 0, flv = 0, ws_flv = 0, rtmp = 0;
    std::uint64_t skips = 0, skipped_tags = 0, skipped_ms = 0, overruns = 0, bytes_out = 0,
                  bytes_in = 0;
};

void add(Totals& totals, const hub::StreamRecord& stream)
{
    const auto state = hub::Current::unpack(stream.current.load()).state;
    totals.live += state == hub::State::live;
    totals.waiting += state == hub::State::waiting;
    totals.flv += hub::viewers_of(stream, hub::Protocol::flv);
    totals.ws_flv += hub::viewers_of(stream, hub::Protocol::ws_flv);
    totals.rtmp += hub::viewers_of(stream, hub::Protocol::rtmp);
    totals.skips += stream.skip_count.load();
    totals.skipped_tags += stream.skip_tags.load();
    totals.skipped_ms += stream.skip_ms.load();
    totals.overruns += stream.overruns.load();
    for (const auto& slot : stream.bytes_out) totals.bytes_out += slot.load();
    if (const auto* ring = hub::current_ring(worker()->zone, stream))
        totals.bytes_in += ring->bytes_in.load();
}

class Page {
public:
    void metric(std::string_view name, std::string_view type, std::string_view help)
    {
        text_ += "# HELP " + std::string(name) + " " + std::string(help) + "\n# TYPE " +
                 std::string(name) + " " + std::string(type) + "\n";
    }
    void sample(std::string_view name, std::string_view labels, std::uint64_t value)
    {
        text_ += std::string(name) + std::string(labels) + " " + std::to_string(value) + "\n";
    }
    void single(std::string_view name, std::string_view type, std::string_view help,
                std::uint64_t value)
    {
        metric(name, type, help);
        sample(name, "", value);
    }
    std::string take() { return std::move(text_); }

private:
    std::string text_;
};

}  // namespace

std::string report_metrics()
{
    const auto& zone = worker()->zone;
    Totals totals;
    for (std::uint32_t i = 0; i < zone.header().streams; ++i) {
        if (!hub::name_of(zone.stream(i)).empty()) add(totals, zone.stream(i));
    }
    Page page;
    page.metric("sluice_streams", "gauge", "Streams by state.");
    page.sample("sluice_streams", "{state=\"live\"}", totals.live);
    page.sample("sluice_streams", "{state=\"waiting\"}", totals.waiting);
    page.metric("sluice_viewers", "gauge", "Viewers connected now, by protocol.");
    page.sample("sluice_viewers", "{protocol=\"flv\"}", totals.flv);
    page.sample("sluice_viewers", "{protocol=\"ws_flv\"}", totals.ws_flv);
    page.sample("sluice_viewers", "{protocol=\"rtmp\"}", totals.rtmp);
    page.single("sluice_out_bytes_total", "counter", "Media bytes sent to viewers.",
                totals.bytes_out);
    page.single("sluice_in_bytes", "gauge",
                "Media bytes received in the publish sessions that run now.", totals.bytes_in);
    page.single("sluice_viewer_skips_total", "counter",
                "Jumps of slow viewers to a newer key frame.", totals.skips);
    page.single("sluice_viewer_skipped_tags_total", "counter",
                "Tags that slow viewers jumped over.", totals.skipped_tags);
    page.single("sluice_viewer_skipped_milliseconds_total", "counter",
                "Media time that slow viewers jumped over.", totals.skipped_ms);
    page.single("sluice_viewer_overruns_total", "counter",
                "Viewers closed because the ring overtook them inside a tag.", totals.overruns);
    page.single("sluice_hub_zone_bytes", "gauge", "Size of the hub's zone.",
                zone.header().zone_bytes);
    return page.take();
}

}  // namespace sluice::ngx
