#include "hls_tally.hpp"

#include <nlohmann/json.hpp>

namespace sluice::bench {

void HlsTally::add_answer(std::size_t track, AskKind kind, std::size_t bytes, std::int64_t us)
{
    auto& sizes = sizes_.at(track);
    ++requests_;
    if (kind == AskKind::reload) {
        reload_us_.add(us);
        ++sizes.playlists;
        sizes.playlist_bytes += bytes;
    } else if (kind == AskKind::part) {
        part_us_.add(us);
        ++sizes.parts;
        sizes.part_bytes += bytes;
    } else if (kind == AskKind::segment) {
        ++segments_;
    }
}

nlohmann::json HlsTally::sizes() const
{
    auto list = nlohmann::json::array();
    for (const auto& one : sizes_) {
        if (one.playlists == 0 || one.parts == 0) continue;
        list.push_back({{"parts", one.parts},
                        {"playlist_bytes", one.playlist_bytes / one.playlists},
                        {"part_bytes", one.part_bytes / one.parts}});
    }
    return list;
}

nlohmann::json HlsTally::summary() const
{
    return {{"requests", requests_},
            {"reloads", reload_us_.count()},
            {"parts", part_us_.count()},
            {"segments", segments_},
            {"bytes", bytes_},
            {"tracks", sizes()},
            {"reload_ms", reload_us_.summary_ms()},
            {"part_ms", part_us_.summary_ms()}};
}

}  // namespace sluice::bench
