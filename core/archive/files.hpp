#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/package/window.hpp"

namespace sluice::archive {

/// Names in a stream's folder: `index`, `<period>-v.mp4`, `<period>-v-<first>.m4s`, the same with
/// `a`.
std::string index_path(std::string_view folder);
std::string init_path(std::string_view folder, std::uint64_t period, package::Lane lane);
std::string media_path(std::string_view folder, std::uint64_t period, package::Lane lane,
                       std::uint64_t first);

/// The last part of these paths, as it stands in addresses.
std::string init_name(std::uint64_t period, package::Lane lane);
std::string media_name(std::uint64_t period, package::Lane lane, std::uint64_t first);

/// Whether a name is one of these two.
bool is_media_name(std::string_view name);

}  // namespace sluice::archive
