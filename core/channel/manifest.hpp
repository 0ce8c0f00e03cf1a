#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace sluice::channel {

/// manifest.json of DIR/channels: which snapshot file is in force and how to know that it is whole.
struct Manifest {
    std::uint64_t generation = 0;
    std::string file;        ///< name in the same folder, no slash
    std::uint64_t size = 0;  ///< bytes
    std::string sha256;      ///< 64 hexadecimal digits, lower case
    /// What it was made from, in its writer's own words: he need not make it again. Readers pass it
    /// over. At most 256 characters; may be empty.
    std::string source;

    bool operator==(const Manifest&) const = default;
};

inline constexpr std::string_view kManifestName = "manifest.json";

/// "channels-<generation>.mdb".
std::string snapshot_file_name(std::uint64_t generation);

/// Errc::malformed unless the first four members are there with sane values; members that we don't
/// know are passed over.
Result<Manifest> parse_manifest(std::string_view json);

std::string to_json(const Manifest& manifest);

/// Reads DIR/manifest.json. Errc::io when it can't be read, malformed when it is not a manifest.
Result<Manifest> read_manifest(const std::filesystem::path& dir);

}  // namespace sluice::channel
