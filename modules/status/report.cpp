#include "report.hpp"

#include <array>
#include <cmath>
#include <cstdio>

#include "core/channel/stream_name.hpp"
#include "core/hub/hub.hpp"
#include "core/hub/seqlock.hpp"
#include "core/hub/slots.hpp"
#include "core/ingest/vitals.hpp"
#include "modules/hub/worker.hpp"

namespace sluice::ngx {
namespace {

constexpr std::array<std::string_view, 3> kStates{"idle", "live", "waiting"};

struct Snapshot {
    hub::Current current;
    const hub::RingHeader* ring = nullptr;
    hub::PublishInfo info{};
    ingest::Vitals vitals;
    std::int64_t last_dts_ms = 0;
};

Snapshot look_at(const hub::StreamRecord& stream)
{
    Snapshot now{.current = hub::Current::unpack(stream.current.load())};
    now.ring = hub::current_ring(worker()->zone, stream);
    if (now.ring == nullptr) return now;
    if (!hub::seq_read(now.ring->info_lock, [&] { now.info = now.ring->info; })) now.info = {};
    const auto head = now.ring->head_seq.load();
    if (head > now.ring->base_seq.load())
        now.last_dts_ms = worker()->zone.descriptor(*now.ring, head - 1).dts_ms;
    if (now.current.state == hub::State::live)
        now.vitals = ingest::vitals_of(worker()->zone, *now.ring, now.info, mono_us());
    return now;
}

const char* protocol_of(const hub::PublishInfo& info)
{
    if (std::string_view(info.address) == "pull") return "pull";
    return info.secure ? "rtmps" : "rtmp";
}

Json publisher_json(const Snapshot& now)
{
    if (now.current.state != hub::State::live || now.ring == nullptr) return nullptr;
    return {{"address", now.info.address},
            {"protocol", protocol_of(now.info)},
            {"pid", hub::pid_of(now.ring->owner.load())},
            {"slot", now.ring->owner_slot.load()},
            {"connected_at_ms", now.info.connected_at_ms}};
}

template <class Value>
Json or_null(const std::optional<Value>& value)
{
    return value ? Json(*value) : Json();
}

Json video_json(const Snapshot& now)
{
    const auto& video = now.info.video;
    if (video.name[0] == 0) return nullptr;
    const float fps = now.vitals.fps.value_or(video.fps);
    return {{"codec", video.name},
            {"codec_string", video.codec_string},
            {"profile", video.profile},
            {"width", video.width},
            {"height", video.height},
            {"fps", std::round(static_cast<double>(fps) * 100) / 100},
            {"bitrate_bps", now.vitals.video_bps}};
}

Json audio_json(const Snapshot& now)
{
    const auto& audio = now.info.audio;
    if (audio.name[0] == 0) return nullptr;
    return {{"codec", audio.name},
            {"codec_string", audio.codec_string},
            {"sample_rate", audio.sample_rate},
            {"channels", audio.channels},
            {"bitrate_bps", now.vitals.audio_bps}};
}

std::uint64_t bytes_out(const hub::StreamRecord& stream)
{
    std::uint64_t sum = 0;
    for (const auto& slot : stream.bytes_out) sum += slot.load(std::memory_order_relaxed);
    return sum;
}

Json viewers_json(const hub::StreamRecord& stream)
{
    Json viewers;
    for (std::size_t i = 0; i < hub::kProtocols; ++i) {
        viewers[hub::kProtocolNames.at(i)] = hub::viewers_of(stream, static_cast<hub::Protocol>(i));
    }
    return viewers;
}

Json stream_json(const hub::StreamRecord& stream)
{
    const auto now = look_at(stream);
    const auto* ring = now.ring;
    return {{"id", hub::name_of(stream)},
            {"state", kStates.at(static_cast<std::size_t>(now.current.state))},
            {"epoch", now.current.epoch},
            {"started_at_ms", stream.started_at_ms.load()},
            {"publisher", publisher_json(now)},
            {"video", video_json(now)},
            {"audio", audio_json(now)},
            {"gop_ms", now.info.gop_ms},
            {"keyframe_interval_ms", or_null(now.vitals.keyframe_interval_ms)},
            {"av_drift_ms", or_null(now.vitals.av_drift_ms)},
            {"silence_ms", or_null(now.vitals.silence_ms)},
            {"last_tag_age_ms", or_null(now.vitals.last_tag_age_ms)},
            {"ring_bytes", ring == nullptr ? 0 : ring->bytes},
            {"bytes_in", ring == nullptr ? 0 : ring->bytes_in.load()},
            {"tags_in", ring == nullptr ? 0 : ring->tags_in.load()},
            {"last_dts_ms", now.last_dts_ms},
            {"viewers", viewers_json(stream)},
            {"skips",
             {{"count", stream.skip_count.load()},
              {"tags", stream.skip_tags.load()},
              {"ms", stream.skip_ms.load()}}},
            {"overruns", stream.overruns.load()},
            {"bytes_out", bytes_out(stream)}};
}

template <class Visit>
void for_each_shown(Visit&& visit)
{
    const auto& zone = worker()->zone;
    for (std::uint32_t i = 0; i < zone.header().streams; ++i) {
        if (hub::is_shown(zone.stream(i))) visit(zone.stream(i));
    }
}

Json rings_json()
{
    const auto& zone = worker()->zone;
    Json rings = Json::array();
    for (std::uint32_t i = 0; i < zone.header().rings; ++i) {
        const auto& ring = zone.ring(i);
        if (rings.empty() || rings.back()["bytes"] != ring.bytes) {
            rings.push_back({{"bytes", ring.bytes}, {"total", 0}, {"used", 0}});
        }
        auto& size_class = rings.back();
        size_class["total"] = size_class["total"].get<int>() + 1;
        if (ring.owner.load() != 0) size_class["used"] = size_class["used"].get<int>() + 1;
    }
    return rings;
}

Json hub_json()
{
    const auto& zone = worker()->zone;
    std::uint32_t used = 0;
    for_each_shown([&](const hub::StreamRecord&) { ++used; });
    return {{"magic_version", zone.header().layout_version},
            {"zone_bytes", zone.header().zone_bytes},
            {"streams_max", zone.header().streams},
            {"streams_used", used},
            {"rings", rings_json()}};
}

}  // namespace

std::string boot_text()
{
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx",
                  static_cast<unsigned long long>(worker()->zone.header().boot));
    return text.data();
}

Json report_streams(std::string_view id)
{
    Json streams = Json::array();
    for_each_shown([&](const hub::StreamRecord& stream) {
        if (id.empty() || channel::channel_of(hub::name_of(stream)) == id)
            streams.push_back(stream_json(stream));
    });
    return {{"boot", boot_text()}, {"now_ms", wall_ms()}, {"streams", std::move(streams)}};
}

Json report_generation()
{
    Json workers = Json::array();
    for (std::uint32_t i = 0; i < hub::kSlots; ++i) {
        const auto& slot = worker()->zone.slot(i);
        const auto owner = slot.owner.load();
        if (owner == 0) continue;
        workers.push_back({{"slot", i},
                           {"pid", hub::pid_of(owner)},
                           {"config_generation", slot.config_generation.load()},
                           {"snapshot_generation", slot.snapshot_generation.load()},
                           {"exiting", slot.exiting.load() != 0},
                           {"heartbeat_ms", slot.heartbeat_ms.load()},
                           {"publishers", slot.publishers.load()},
                           {"viewers", slot.viewers.load()}});
    }
    return {{"boot", boot_text()}, {"hub", hub_json()}, {"workers", std::move(workers)}};
}

bool snapshot_in_force(std::uint64_t generation)
{
    for (std::uint32_t i = 0; i < hub::kSlots; ++i) {
        const auto& slot = worker()->zone.slot(i);
        if (slot.owner.load() == 0 || slot.exiting.load() != 0) continue;
        if (slot.snapshot_generation.load() < generation) return false;
    }
    return true;
}

}  // namespace sluice::ngx
