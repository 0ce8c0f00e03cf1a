#include "stream_metrics.hpp"

#include <string>
#include <vector>

#include "core/hub/hub.hpp"
#include "core/hub/seqlock.hpp"
#include "core/hub/slots.hpp"
#include "core/hub/totals.hpp"
#include "modules/common/ngx.hpp"

namespace sluice::ngx {
namespace {

struct Figures {
    const hub::StreamRecord* stream = nullptr;
    std::string label;  ///< `stream="demo"`: ids hold nothing that would need an escape
    bool live = false;
    std::uint64_t bytes_in = 0;
    std::uint64_t last_tag_us = 0;  ///< monotonic; 0: none yet
    hub::PublishInfo info{};
};

/// When the newest tag of the epoch came.
std::uint64_t last_arrival(const hub::Zone& zone, const hub::StreamRecord& stream,
                           const hub::RingHeader* ring)
{
    if (ring != nullptr) {
        const auto head = ring->head_seq.load();
        if (head > ring->base_seq.load()) return zone.descriptor(*ring, head - 1).arrival_us;
    }
    return stream.last_arrival_us.load();
}

Figures figures_of(const hub::Zone& zone, const hub::StreamRecord& stream)
{
    Figures figures{.stream = &stream};
    figures.label = "stream=\"" + std::string(hub::name_of(stream)) + "\"";
    figures.live = hub::Current::unpack(stream.current.load()).state == hub::State::live;
    const auto* ring = hub::current_ring(zone, stream);
    figures.last_tag_us = last_arrival(zone, stream, ring);
    if (ring == nullptr) return figures;
    figures.bytes_in = ring->bytes_in.load();
    if (!hub::seq_read(ring->info_lock, [&] { figures.info = ring->info; })) figures.info = {};
    return figures;
}

/// One sample for each stream.
template <class Value>
void each(MetricsPage& page, const std::vector<Figures>& streams, Value&& value)
{
    for (const auto& figures : streams) page.sample(value(figures), "{" + figures.label + "}");
}

void add_input(MetricsPage& page, const std::vector<Figures>& streams)
{
    page.gauge("sluice_stream_up", "1 while somebody publishes the stream.");
    each(page, streams, [](const Figures& f) { return f.live ? 1 : 0; });
    page.gauge("sluice_stream_started_timestamp_seconds", "When the stream began, Unix time.");
    each(page, streams,
         [](const Figures& f) { return static_cast<double>(f.stream->started_at_ms) / 1000; });
    page.counter("sluice_stream_in_bytes_total",
                 "Media bytes received in this publish session; a new one starts at 0.");
    each(page, streams, [](const Figures& f) { return f.bytes_in; });
    page.gauge("sluice_stream_last_tag_age_seconds",
               "Time since the last audio or video came; -1 before the first.");
    const auto now = mono_us();
    each(page, streams, [now](const Figures& f) {
        if (f.last_tag_us == 0) return -1.0;
        return now > f.last_tag_us ? static_cast<double>(now - f.last_tag_us) / 1e6 : 0.0;
    });
}

void add_media(MetricsPage& page, const std::vector<Figures>& streams)
{
    page.gauge("sluice_stream_video_bytes_per_second", "Video bit rate as received, in bytes.");
    each(page, streams, [](const Figures& f) { return f.info.video_bps / 8; });
    page.gauge("sluice_stream_audio_bytes_per_second", "Audio bit rate as received, in bytes.");
    each(page, streams, [](const Figures& f) { return f.info.audio_bps / 8; });
    page.gauge("sluice_stream_frames_per_second", "Video frame rate as received; 0 without video.");
    each(page, streams,
         [](const Figures& f) { return f.info.fps > 0 ? f.info.fps : f.info.video.fps; });
    page.gauge("sluice_stream_key_frame_interval_seconds",
               "Time between the last two key frames; 0 before the second.");
    each(page, streams, [](const Figures& f) { return f.info.gop_ms / 1000.0; });
}

void add_audience(MetricsPage& page, const std::vector<Figures>& streams)
{
    page.gauge("sluice_stream_viewers", "Viewers of the stream connected now, by protocol.");
    for (const auto& figures : streams) {
        for (std::size_t i = 0; i < hub::kProtocols; ++i) {
            page.sample(hub::viewers_of(*figures.stream, static_cast<hub::Protocol>(i)),
                        "{" + figures.label + ",protocol=\"" + hub::kProtocolNames.at(i) + "\"}");
        }
    }
    page.counter("sluice_stream_out_bytes_total", "Media bytes sent to the stream's viewers.");
    each(page, streams, [](const Figures& f) { return hub::bytes_out_of(*f.stream); });
    page.counter("sluice_stream_viewer_skips_total",
                 "Jumps of slow viewers of the stream to a newer key frame.");
    each(page, streams, [](const Figures& f) { return f.stream->skip_count.load(); });
    page.counter("sluice_stream_viewer_overruns_total",
                 "Viewers of the stream closed because the ring overtook them inside a tag.");
    each(page, streams, [](const Figures& f) { return f.stream->overruns.load(); });
}

}  // namespace

void add_stream_metrics(const hub::Zone& zone, MetricsPage& page)
{
    std::vector<Figures> streams;
    std::uint64_t left_out = 0;
    for (std::uint32_t i = 0; i < zone.header().streams; ++i) {
        if (!hub::is_shown(zone.stream(i))) continue;
        if (streams.size() == kStreamsListed) {
            ++left_out;
        } else {
            streams.push_back(figures_of(zone, zone.stream(i)));
        }
    }
    page.gauge("sluice_streams_not_listed",
               "Streams that have no metrics of their own because there are too many.");
    page.sample(left_out);
    add_input(page, streams);
    add_media(page, streams);
    add_audience(page, streams);
}

}  // namespace sluice::ngx
