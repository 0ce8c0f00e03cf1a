#include "low_latency_track.hpp"

#include "containers.hpp"

namespace sluice::bench {
namespace {

std::string_view text_of(View body)
{
    return {reinterpret_cast<const char*>(body.data()), body.size()};
}

/// The part where playing begins: the last one that is not nearer to the edge than it may be, or
/// the first.
std::size_t position(const HlsPlaylist& playlist, std::int64_t& ahead_us)
{
    auto at = playlist.parts.size();
    ahead_us = 0;
    while (at > 0 && ahead_us < playlist.part_hold_back_us)
        ahead_us += playlist.parts[--at].duration_us;
    return at;
}

}  // namespace

Ask LowLatencyTrack::next(std::int64_t)
{
    if (!begun_) {
        asked_ = AskKind::playlist;
        return {path_, asked_};
    }
    if (!map_taken_) {
        asked_ = AskKind::init;
        return {map_, asked_};
    }
    if (!queue_.empty()) {
        asked_ = AskKind::part;
        return {queue_.front().path, asked_};
    }
    asked_ = AskKind::reload;
    const char* joint = path_.find('?') == std::string::npos ? "?" : "&";
    return {path_ + joint + "_HLS_msn=" + std::to_string(expected_.segment) +
                "&_HLS_part=" + std::to_string(expected_.part),
            asked_};
}

Result<void> LowLatencyTrack::take(View body, std::int64_t now_us)
{
    if (asked_ == AskKind::part) return take_part(body, now_us);
    if (asked_ != AskKind::init) return take_playlist(body);
    if (body.empty()) return fail("the initialisation section is empty");
    map_taken_ = true;
    return {};
}

Result<void> LowLatencyTrack::take_part(View body, std::int64_t now_us)
{
    if (auto whole = check_boxes(body); !whole) return whole;
    if (buffer_.started()) {
        buffer_.add(now_us, queue_.front().duration_us);
    } else if (queue_.size() == 1 && ahead_us_ >= hold_back_us_) {
        buffer_.start(now_us, ahead_us_);
    }
    queue_.pop_front();
    return {};
}

Result<void> LowLatencyTrack::take_playlist(View body)
{
    const auto playlist = parse_media_playlist(text_of(body));
    if (!playlist) return tl::unexpected(playlist.error());
    if (playlist->ended) return fail("the stream ended");
    if (playlist->part_target_us == 0 || !playlist->can_block_reload)
        return fail("the playlist is not low-latency");

    part_target_us_ = playlist->part_target_us;
    hold_back_us_ = playlist->part_hold_back_us;
    if (!playlist->map.empty()) {
        const auto map = resolve_path(path_, playlist->map);
        if (!map) return tl::unexpected(map.error());
        map_taken_ = map_taken_ && *map == map_;
        map_ = *map;
    }
    return begun_ ? follow(*playlist) : begin(*playlist);
}

/// A player decodes from the last part that stands alone before where it begins to play.
Result<void> LowLatencyTrack::begin(const HlsPlaylist& playlist)
{
    if (playlist.parts.empty()) return fail("the playlist lists no part");
    auto from = position(playlist, ahead_us_);
    while (from > 0 && !playlist.parts[from].independent) --from;
    for (auto i = from; i < playlist.parts.size(); ++i) {
        if (auto queued = queue(playlist.parts[i]); !queued) return queued;
    }
    map_taken_ = map_.empty();
    expected_ = playlist.next;
    begun_ = true;
    return {};
}

Result<void> LowLatencyTrack::follow(const HlsPlaylist& playlist)
{
    bool found = false;
    for (const auto& part : playlist.parts) {
        if (part.number < expected_) continue;
        // A segment that had all its parts is followed by the first one of the next.
        const PartNumber after{expected_.segment + 1, 0};
        const bool turned = expected_.part > 0 && part.number == after;
        if (!found && part.number != expected_ && !turned) ++missed_;
        found = true;
        if (auto queued = queue(part); !queued) return queued;
        if (!buffer_.started()) ahead_us_ += part.duration_us;
    }
    expected_ = playlist.next;
    if (!found) ++early_;
    return {};
}

Result<void> LowLatencyTrack::queue(const HlsPart& part)
{
    auto path = resolve_path(path_, part.uri);
    if (!path) return tl::unexpected(path.error());
    queue_.push_back({std::move(*path), part.duration_us});
    return {};
}

}  // namespace sluice::bench
