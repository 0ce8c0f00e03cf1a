#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/channel/channel.hpp"

struct MDB_txn;

namespace sluice::channel {

/// The key of the list of channels that are pulled in, each with a newline behind it: above all
/// ids, so that it comes last.
inline constexpr std::string_view kPulledKey = "~pulled";

/// The channels as they were when one snapshot was written: read-only and unchanging, so it needs
/// no lock. Open it anew in each process (after fork), use it from one thread.
class Snapshot {
public:
    /// Opens what `dir`/manifest.json names. Size and SHA-256 are checked before a byte is mapped,
    /// because a truncated or damaged map kills the process that reads it. Errc::io when a file
    /// can't be read, malformed when one is not what the manifest says.
    static Result<Snapshot> open(const std::filesystem::path& dir);

    /// Nothing when there is no such channel; Errc::malformed when its record is none.
    Result<std::optional<Channel>> find(std::string_view id) const;

    /// Its hooks; none when there is no such channel. Errors as those of find().
    Result<std::vector<Hook>> find_hooks(std::string_view id) const;

    /// The channels that a process pulls in, in ascending order. Errc::io.
    Result<std::vector<std::string>> pulled() const;

    /// Every record in ascending order of ids: the id and what encode() made, valid while `take`
    /// runs. Errc::io when one can't be read.
    Result<void> each(
        const std::function<void(std::string_view, std::span<const std::uint8_t>)>& take) const;

    std::uint64_t generation() const { return generation_; }

    /// As its manifest says.
    const std::string& source() const { return source_; }

    /// How many channels it holds.
    std::size_t size() const;

private:
    struct Close {
        void operator()(MDB_txn* txn) const;
    };

    Snapshot() = default;

    static Result<Snapshot> open_once(const std::filesystem::path& dir);
    Result<std::optional<std::span<const std::uint8_t>>> record(std::string_view id) const;

    std::uint64_t generation_ = 0;
    std::string source_;
    std::unique_ptr<MDB_txn, Close> txn_;  ///< closes its environment too
    unsigned dbi_ = 0;
};

}  // namespace sluice::channel
