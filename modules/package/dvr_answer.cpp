#include "dvr_answer.hpp"

#include <memory>
#include <string>
#include <unordered_map>

#include "archive_queue.hpp"
#include "core/archive/files.hpp"
#include "core/archive/reader.hpp"
#include "core/hls/media_playlist.hpp"
#include "core/hls/multivariant.hpp"
#include "file_answer.hpp"
#include "modules/hub/audience.hpp"
#include "refusal.hpp"
#include "text_answer.hpp"

namespace sluice::ngx {
namespace {

using package::Asked;

constexpr std::int64_t kForgetAfterMs = 60'000;
constexpr std::int64_t kEndedEveryMs = 2'000;
constexpr std::size_t kTracks = archive::kTracks;

/// The text of one track's playlist, and what it is of.
struct TrackText {
    SharedText text;  ///< nullptr: there is nothing in the window
    std::uint64_t edition = 0;
    std::uint32_t window_s = 0;
    bool ended = false;
    std::int64_t made_ms = 0;
};

/// A stream's archive as this worker knows it.
struct Archive {
    explicit Archive(const std::string& folder) : reader(folder) {}

    archive::Reader reader;
    std::int64_t used_ms = 0;
    TrackText tracks[kTracks];
};

// By stream. As many as were asked for within a minute.
std::unordered_map<std::string, std::unique_ptr<Archive>> archives;

Archive* archive_of(std::string_view stream)
{
    const auto folder = archive_folder(stream);
    if (folder.empty()) return nullptr;
    auto& known = archives[std::string(stream)];
    if (!known) known = std::make_unique<Archive>(folder);
    known->used_ms = mono_ms();
    if (known->reader.look()) return known.get();
    archives.erase(std::string(stream));
    return nullptr;
}

bool has_ended(const PackageRequest& asked)
{
    return asked.stream == nullptr ||
           hub::Current::unpack(asked.stream->current.load()).state == hub::State::idle;
}

/// nullptr: there is nothing in the window. Of a stream that ended, segments leave with the time
/// alone.
const SharedText& playlist_text(Archive& archive, const PackageRequest& asked, bool ended)
{
    const auto lane = asked.resource.lane;
    auto& known = archive.tracks[static_cast<std::size_t>(lane)];
    const bool fresh = !ended || mono_ms() - known.made_ms < kEndedEveryMs;
    const bool same = known.edition == archive.reader.edition() && known.ended == ended &&
                      known.window_s == asked.grant.dvr_window_s;
    if (fresh && same) return known.text;
    const auto playlist = archive.reader.playlist(
        lane, {.now_ms = wall_ms(), .longest_s = asked.grant.dvr_window_s, .ended = ended});
    known = {.text = playlist ? share(hls::render(*playlist)) : nullptr,
             .edition = archive.reader.edition(),
             .window_s = asked.grant.dvr_window_s,
             .ended = ended,
             .made_ms = mono_ms()};
    return known.text;
}

ngx_int_t send_media(ngx_http_request_t& r, const PackageRequest& asked)
{
    const auto folder = archive_folder(asked.resource.stream);
    if (folder.empty() || !archive::is_media_name(asked.resource.file)) return refuse_unknown(r);
    const bool init = asked.resource.file.ends_with(".mp4");
    const auto sent = send_file(r, folder + '/' + std::string(asked.resource.file),
                                {asked.resource.lane, asked.grant.restricted, init});
    if (asked.stream != nullptr) count_bytes_out(*asked.stream, sent.bytes);
    return sent.rc;
}

}  // namespace

ngx_int_t answer_dvr(ngx_http_request_t& r, const PackageRequest& asked)
{
    if (asked.resource.asked == Asked::dvr_media) return send_media(r, asked);
    auto* archive = archive_of(asked.resource.stream);
    if (archive == nullptr)
        return refuse_viewer(r, auth::Reason::unpublished, "nothing is kept of it");
    if (asked.resource.asked == Asked::dvr_multivariant) {
        const auto over = archive->reader.multivariant();
        if (!over) return refuse_viewer(r, auth::Reason::unpublished, "nothing is kept of it");
        return send_playlist(r, share(hls::render(*over)), TextKind::playlist, asked.token,
                             {1, asked.grant.restricted});
    }
    const auto& text = playlist_text(*archive, asked, has_ended(asked));
    if (!text) return refuse_viewer(r, auth::Reason::unpublished, "nothing is kept of it");
    return send_playlist(r, text, TextKind::playlist, asked.token, {1, asked.grant.restricted});
}

void forget_old_archives(std::int64_t now_ms)
{
    std::erase_if(archives, [&](const auto& entry) {
        return now_ms - entry.second->used_ms > kForgetAfterMs;
    });
}

}  // namespace sluice::ngx
