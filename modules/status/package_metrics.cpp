#include "package_metrics.hpp"

#include <sys/statvfs.h>
#include <cstdint>

#include "core/package/rack.hpp"
#include "modules/package/live_windows.hpp"

namespace sluice::ngx {
namespace {

struct Sums {
    std::uint64_t windows = 0;
    std::uint64_t bytes = 0;
    std::uint64_t files = 0;
};

void add_lane(const package::LaneWindow& lane, Sums& sums)
{
    // Any values must be borne: the window may change meanwhile.
    const auto end = lane.end;
    for (auto i = lane.first; i < end && i - lane.first < package::kMaxSegments; ++i) {
        sums.bytes += lane.at(i).bytes;
        ++sums.files;
    }
}

Sums sums_of(const package::Rack& rack)
{
    Sums sums;
    for (std::uint32_t i = 0; i < rack.streams(); ++i) {
        Sums one;
        const bool seen = package::peek_window(rack.of(i), [&](const package::Window& window) {
            one = {.windows = 1};
            for (const auto& lane : window.lane) add_lane(lane, one);
        });
        if (!seen) continue;
        sums.windows += one.windows;
        sums.bytes += one.bytes;
        sums.files += one.files;
    }
    return sums;
}

void add_disk(MetricsPage& page)
{
    struct statvfs disk {};
    if (::statvfs(live_folder().c_str(), &disk) != 0) return;
    page.gauge("sluice_package_disk_bytes", "Size of the file system that live windows lie on.");
    page.sample(std::uint64_t{disk.f_blocks} * disk.f_frsize);
    page.gauge("sluice_package_disk_free_bytes", "What is free of it.");
    page.sample(std::uint64_t{disk.f_bavail} * disk.f_frsize);
}

}  // namespace

void add_package_metrics(MetricsPage& page)
{
    const auto& rack = live_windows();
    if (!rack) return;
    const auto sums = sums_of(rack);
    page.gauge("sluice_package_windows", "Streams that have a live window of HLS and DASH.");
    page.sample(sums.windows);
    page.gauge("sluice_package_files", "Segments in live windows.");
    page.sample(sums.files);
    page.gauge("sluice_package_live_bytes", "Bytes of the segments in live windows.");
    page.sample(sums.bytes);
    add_disk(page);
    const auto& counts = rack.counts();
    page.counter("sluice_package_segments_total", "Segments that were made.");
    page.sample(counts.segments.load());
    page.counter("sluice_package_segments_lost_total",
                 "Segments that the disk did not take: gaps in playlists.");
    page.sample(counts.segments_lost.load());
    page.counter("sluice_package_segments_not_kept_total",
                 "Segments that are missing in the archive: the disk was too slow, or full.");
    page.sample(counts.not_kept.load());
}

}  // namespace sluice::ngx
