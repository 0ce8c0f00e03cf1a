#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "../result.hpp"

namespace sluice::control {

struct FileDigest {
    std::uint64_t bytes = 0;
    std::string sha256;  ///< lower-case hex
};

/// Reads the whole file, a piece at a time.
Result<FileDigest> digest_of(const std::filesystem::path& file);

/// Whether `file` can be put in place of a store: opens it (which brings an older one up to date,
/// so it must be a copy) and reads every document. A damaged file may end the process: to be called
/// in one of its own.
Result<void> check_backup(const std::filesystem::path& file);

}  // namespace sluice::control
