#pragma once

#include <string>

#include "conf.hpp"
#include "core/package/rack.hpp"

namespace sluice::ngx {

/// Where the live windows of all streams lie: one mapping for this master and all its workers, of
/// every reload generation, beside the hub and as old as it.
const package::Rack& live_windows();

/// The folder of the segments' files, without a slash at the end; empty when nothing is packaged.
const std::string& live_folder();

/// No stream whose window is gone, of this server or of the one before, had a number as high: many
/// reconnects take more numbers than seconds go by.
std::uint64_t number_above_forgotten();

/// Makes both on the first call, in the master: the folder becomes the workers', and what an
/// earlier life of the server left in it is removed. Errors are logged.
bool make_live_windows(const PackageConf& conf, std::uint32_t streams, ngx_cycle_t& cycle);

/// The same for the folder of sluice_package_archive, of which nothing is removed.
bool make_archive_folder(const PackageConf& conf, ngx_cycle_t& cycle);

/// Removes the windows of streams that ended, or whose record serves another stream now, and their
/// files, once `linger_ms` is over. Any worker may do it at any time.
void remove_ended_windows(std::int64_t now_ms, std::int64_t linger_ms);

}  // namespace sluice::ngx
