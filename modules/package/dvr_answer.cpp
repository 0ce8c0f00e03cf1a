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
constexpr std::size_t kTracks = archive::kTracks;

/// A stream's archive as this worker knows it.
struct Archive {
    explicit Archive(const std::string& folder) : reader(folder) {}

    archive::Reader reader;
    std::int64_t used_ms = 0;
    // The text of each track's playlist, and what it is of.
    std::string text[kTracks];
    std::uint64_t edition[kTracks]{};
    bool ended[kTracks]{};
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

/// Empty: there is nothing in the window.
const std::string& playlist_text(Archive& archive, package::Lane lane, bool ended)
{
    const auto track = static_cast<std::size_t>(lane);
    auto& text = archive.text[track];
    // Of a stream that ended, segments leave with the time alone.
    const bool made = archive.edition[track] == archive.reader.edition() && !ended &&
                      archive.ended[track] == ended;
    if (made) return text;
    const auto playlist = archive.reader.playlist(lane, wall_ms(), ended);
    text = playlist ? hls::render(*playlist) : std::string();
    archive.edition[track] = archive.reader.edition();
    archive.ended[track] = ended;
    return text;
}

ngx_int_t send_media(ngx_http_request_t& r, const PackageRequest& asked)
{
    const auto folder = archive_folder(asked.resource.stream);
    if (folder.empty() || !archive::is_media_name(asked.resource.file)) return refuse_unknown(r);
    const bool init = asked.resource.file.ends_with(".mp4");
    const auto sent = send_file(r, {.path = folder + '/' + std::string(asked.resource.file)},
                                {asked.resource.lane, !asked.token.empty(), init});
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
        return send_playlist(r, hls::render(*over), TextKind::playlist, asked.token, 1);
    }
    const auto& text = playlist_text(*archive, asked.resource.lane, has_ended(asked));
    if (text.empty()) return refuse_viewer(r, auth::Reason::unpublished, "nothing is kept of it");
    return send_playlist(r, text, TextKind::playlist, asked.token, 1);
}

void forget_old_archives(std::int64_t now_ms)
{
    std::erase_if(archives, [&](const auto& entry) {
        return now_ms - entry.second->used_ms > kForgetAfterMs;
    });
}

}  // namespace sluice::ngx
