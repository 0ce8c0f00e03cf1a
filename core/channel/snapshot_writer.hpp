#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/channel/manifest.hpp"

namespace sluice::channel {

/// One record for the snapshot. Both must stay valid until the next record is asked for.
struct SnapshotRecord {
    std::string_view id;
    std::span<const std::uint8_t> bytes;  ///< what encode() made
};

/// Gives the next record in ascending byte order of ids; nothing at the end.
using NextRecord = std::function<std::optional<SnapshotRecord>()>;

/// Makes `dir`/channels-<generation>.mdb of all records and puts it into force by renaming a new
/// manifest.json over the old one; on return both are on the disk. The file it replaces is kept,
/// older ones are removed. One writer at a time. `source`: see Manifest.
///
/// Errors leave what was in force untouched: out_of_order (ids not ascending, or `generation` not
/// above the one in force), limit (an id longer than LMDB's 511 bytes, or over 4 GiB of records),
/// io (disk).
Result<Manifest> write_snapshot(const std::filesystem::path& dir, std::uint64_t generation,
                                const NextRecord& next, const std::string& source = {});

}  // namespace sluice::channel
