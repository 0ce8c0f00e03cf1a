#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "samples.hpp"
#include "viewer_track.hpp"

namespace sluice::bench {

/// What HLS viewers asked for and got in a window.
class HlsTally {
public:
    static constexpr std::size_t kTracks = 2;

    /// Bytes that came in, heads included.
    void add_bytes(std::size_t bytes) { bytes_ += bytes; }

    /// A complete answer with so many bytes of content, after `us`.
    void add_answer(std::size_t track, AskKind kind, std::size_t bytes, std::int64_t us);

    /// "requests", "reloads", "parts", "segments", "bytes", "reload_ms", "part_ms" and, for each
    /// track that has parts, their number and the mean sizes of playlists and parts.
    nlohmann::json summary() const;

private:
    struct Sizes {
        std::uint64_t playlists = 0;
        std::uint64_t playlist_bytes = 0;
        std::uint64_t parts = 0;
        std::uint64_t part_bytes = 0;
    };

    nlohmann::json sizes() const;

    std::uint64_t requests_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t segments_ = 0;
    std::array<Sizes, kTracks> sizes_;
    Samples reload_us_;
    Samples part_us_;
};

}  // namespace sluice::bench
