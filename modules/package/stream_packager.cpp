#include "stream_packager.hpp"

#include <array>
#include <vector>

#include "conf.hpp"
#include "core/archive/keep.hpp"
#include "live_windows.hpp"
#include "modules/hub/worker.hpp"

namespace sluice::ngx {
namespace {

package::Arrival arrival(std::uint64_t mono_us)
{
    return {.wall_ms = wall_ms(), .mono_ms = static_cast<std::int64_t>(mono_us / 1000)};
}

/// The body of an FLV tag.
std::span<const std::uint8_t> body_of(std::span<const std::uint8_t> tag)
{
    constexpr auto kAround = flv::kTagHeaderSize + flv::kPreviousTagSize;
    if (tag.size() <= kAround) return {};
    return tag.subspan(flv::kTagHeaderSize, tag.size() - kAround);
}

package::PackageSettings of_channel(const ChannelMedia& channel)
{
    return {.hls = channel.outputs.hls,
            .cmaf = channel.outputs.cmaf,
            .segment_ms = channel.packaging.segment_ms,
            .part_ms = channel.packaging.part_ms,
            .list_size = channel.packaging.list_size,
            .dvr_window_s = channel.packaging.dvr_window_s};
}

package::PackageSettings of_configuration(const PackageStreamConf& conf)
{
    return {.hls = (conf.outputs & kMakeHls) != 0,
            .cmaf = (conf.outputs & kMakeCmaf) != 0,
            .segment_ms = static_cast<std::uint32_t>(conf.segment),
            .part_ms = static_cast<std::uint32_t>(conf.part),
            .list_size = static_cast<std::uint32_t>(conf.list),
            .dvr_window_s = static_cast<std::uint32_t>(conf.dvr)};
}

}  // namespace

package::PackageSettings package_settings(const ngx_rtmp_session_t& s, const PublishGrant& grant)
{
    const auto& conf = package_stream_conf(s);
    if (live_folder().empty() || conf.outputs & kMakeNothing) return {};
    return grant.media ? of_channel(*grant.media) : of_configuration(conf);
}

package::PackageSettings package_settings(const ChannelMedia& media)
{
    return live_folder().empty() ? package::PackageSettings() : of_channel(media);
}

void StreamPackager::apply(const package::PackageSettings& settings)
{
    if (packager_ && packager_->settings() == settings && packager_->current()) return;
    end();
    if (settings.hls || settings.cmaf) begin(settings);
}

void StreamPackager::end()
{
    if (!packager_) return;
    packager_->finish();
    keep_completed();
    packager_.reset();
    archive_.reset();
}

/// Segments that ended are counted, and go on into the archive where the channel has time-shift.
void StreamPackager::keep_completed()
{
    auto& counts = live_windows().counts();
    for (const auto& segment : packager_->take_completed()) {
        counts.segments.fetch_add(1);
        if (segment.lost) counts.segments_lost.fetch_add(1);
        if (!archive_) continue;
        auto kept = archive::kept_of(packager_->window(), live_folder(), segment);
        if (kept) archive_->keep(std::move(*kept));
    }
}

void StreamPackager::begin(const package::PackageSettings& settings)
{
    auto& windows = live_windows().of(worker()->zone.index_of(*stream_));
    auto hold = package::take_over(windows, worker()->self);
    if (!hold) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "sluice package: \"%s\": earlier publishers still hold its window",
                      id_.c_str());
        return;
    }
    packager_ = std::make_unique<package::Packager>(
        std::move(*hold), live_folder(),
        package::StreamIdentity{.name = id_,
                                .run = stream_->run.load(),
                                .least_sequence = live_windows().counts().above_forgotten.load(),
                                .programme = programme_windows()},
        settings, arrival(mono_us()));
    const auto folder = archive_folder(id_);
    if (settings.cmaf && settings.dvr_window_s != 0 && !folder.empty())
        archive_ = std::make_unique<ArchiveQueue>(folder, settings.dvr_window_s);
    take_headers();
}

const package::StreamRack* StreamPackager::programme_windows() const
{
    if (programme_ == nullptr) return nullptr;
    return &live_windows().of(worker()->zone.index_of(*programme_));
}

void StreamPackager::note_absence()
{
    if (packager_) note(packager_->note_absence());
}

/// The headers came once, at the beginning of the session: what begins later finds them in the
/// ring.
void StreamPackager::take_headers()
{
    const auto* ring = hub::current_ring(worker()->zone, *stream_);
    if (ring == nullptr) return;
    constexpr std::array kTypes{flv::TagType::script, flv::TagType::video, flv::TagType::audio};
    for (std::size_t kind = 0; kind < kTypes.size(); ++kind) {
        const auto& tag = ring->config[kind];
        const auto body = body_of({tag.bytes, tag.size});
        if (!body.empty()) packager_->take(kTypes.at(kind), body, 0, arrival(mono_us()));
    }
}

void StreamPackager::take(flv::TagType type, const hub::Writer& written, std::int64_t dts_ms,
                          std::uint64_t mono_us)
{
    if (!packager_) return;
    static std::vector<std::uint8_t> scratch;  // kept for its memory; a tag's size bounds it
    const auto body = body_of(written.newest_tag(scratch));
    note(packager_->take(type, body, dts_ms, arrival(mono_us)));
}

void StreamPackager::note(const package::Packaged& done)
{
    if (done.failing != failing_) note_failing(done.failing);
    if (done.changed) keep_completed();
    if (done.changed) worker()->poke(hub::announce_window(worker()->zone, *stream_));
}

void StreamPackager::note_failing(bool failing)
{
    failing_ = failing;
    if (!failing) {
        raise("stream.packaging_recovered", id_);
        return;
    }
    const auto error = ngx_errno;
    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, error,
                  "sluice package: \"%s\": segments can't be written to \"%s\"", id_.c_str(),
                  live_folder().c_str());
    raise("stream.packaging_failed", id_,
          {{"reason", error == NGX_ENOSPC ? "disk_full" : "disk_error"}});
}

}  // namespace sluice::ngx
