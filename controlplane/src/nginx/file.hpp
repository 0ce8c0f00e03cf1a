#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "../result.hpp"

namespace sluice::control::nginx {

/// The whole file; nothing when it can't be read.
std::optional<std::string> read_file(const std::filesystem::path& path);

/// Writes to a temporary name beside `path`, fsyncs and renames: a reader sees the old content or
/// the new one.
Result<void> write_file(const std::filesystem::path& path, std::string_view content, mode_t mode);

/// Makes the names that were made, changed or removed in `folder` outlive a power cut.
void sync_folder(const std::filesystem::path& folder);

/// Makes `link` point to `target` in one step, whatever it was before.
Result<void> point_link(const std::filesystem::path& link, const std::filesystem::path& target);

}  // namespace sluice::control::nginx
