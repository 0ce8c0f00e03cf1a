#include "polled_track.hpp"

#include "hls_playlist.hpp"

namespace sluice::bench {

Ask PolledTrack::next(std::int64_t)
{
    if (queue_.empty()) {
        asked_ = AskKind::playlist;
        return {path_, asked_, poll_us_};
    }
    asked_ = AskKind::segment;
    listed_us_ = queue_.front().listed_us;
    return {queue_.front().path, asked_};
}

Result<void> PolledTrack::take(View body, std::int64_t now_us)
{
    if (asked_ == AskKind::playlist) return take_playlist(body, now_us);
    queue_.pop_front();
    return {};
}

Result<void> PolledTrack::take_playlist(View body, std::int64_t now_us)
{
    const std::string_view text(reinterpret_cast<const char*>(body.data()), body.size());
    const auto variant = parse_multivariant(text);
    if (!variant) return tl::unexpected(variant.error());
    if (*variant) {
        auto path = resolve_path(path_, (*variant)->uri);
        if (!path) return tl::unexpected(path.error());
        path_ = std::move(*path);
        return {};
    }
    const auto playlist = parse_media_playlist(text);
    if (!playlist) return tl::unexpected(playlist.error());
    poll_us_ = now_us + every_us_;
    for (const auto& segment : playlist->segments) {
        if (!begun_ || segment.number < expected_) continue;
        auto path = resolve_path(path_, segment.uri);
        if (!path) return tl::unexpected(path.error());
        queue_.push_back({std::move(*path), now_us});
    }
    expected_ = playlist->next.segment;
    begun_ = true;
    return {};
}

}  // namespace sluice::bench
