#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <tl/expected.hpp>

#include "authorise.hpp"
#include "core/auth/reason.hpp"
#include "core/auth/signature.hpp"
#include "core/channel/access.hpp"
#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// What a session that was let in under its channel's rules keeps, so that asking again costs
/// nothing while the snapshot is the same.
struct ChannelGrant {
    std::optional<auth::Signature> sign;
    std::uint64_t generation = 0;   ///< of the snapshot under which it was last found good
    std::int64_t expires_at_s = 0;  ///< the channel's, under that snapshot; 0: never
    std::optional<AuthorisePolicy> authorise;  ///< somebody else has to be asked before the start
};

/// What a channel wants to be made of its stream.
struct ChannelMedia {
    channel::Outputs outputs;
    channel::Packaging packaging;
};

/// What was found when a publisher was let in; kept with its session and judged again when its
/// channel changes.
struct PublishGrant : ChannelGrant {
    std::optional<bool>
        may_replace;  ///< the channel's on_duplicate; nothing: the directive decides
    std::optional<std::uint32_t>
        reconnect_window_ms;              ///< the channel's; nothing: the directive decides
    std::optional<ChannelMedia> media{};  ///< likewise
};

/// The same for a viewer, of any protocol.
struct PlayGrant : ChannelGrant {
    channel::Output output = channel::Output::flv;
    std::uint32_t max_viewers = 0;  ///< 0: no limit
    std::uint32_t dvr_window_s =
        std::numeric_limits<std::uint32_t>::max();  ///< how far back he may go
    bool restricted = false;  ///< not everybody may watch: nobody else may keep a copy for others
};

/// Whether this RTMP session may publish `id`; `args` is the query string behind the stream name
/// (when empty, the one behind the application counts). The reason, otherwise.
tl::expected<PublishGrant, auth::Reason> admit_publisher(ngx_rtmp_session_t& s, std::string_view id,
                                                         std::string_view args);

/// Whether it may still publish: asked after every snapshot and twice a second (for expiry). Takes
/// over into `grant` what changed in the channel.
std::optional<auth::Reason> publisher_still_allowed(ngx_rtmp_session_t& s, std::string_view id,
                                                    PublishGrant& grant);

/// Where the question of this session goes, and the query it is about: encoders that can't carry a
/// query behind the stream name put it behind the application.
std::string_view authorise_socket(const ngx_rtmp_session_t& s);
std::string_view query_of(const ngx_rtmp_session_t& s, std::string_view args);

/// Whether this request may watch `id` over HTTP (`output`: flv, hls or cmaf).
tl::expected<PlayGrant, auth::Reason> admit_viewer(ngx_http_request_t& r, std::string_view id,
                                                   channel::Output output);
std::optional<auth::Reason> viewer_still_allowed(ngx_http_request_t& r, std::string_view id,
                                                 PlayGrant& grant);

/// Why this request may not see a page of channel `id`, if so: the channel wants its viewers
/// signed. All else is said by the page itself, when it asks for the stream.
std::optional<auth::Reason> page_refused(ngx_http_request_t& r, std::string_view id);

/// The same for a picture of the stream, for which every rule counts that counts for a viewer.
std::optional<auth::Reason> picture_refused(ngx_http_request_t& r, std::string_view id);

/// Whether this RTMP session may play `id`. `sluice_access_publish channels` in its application
/// makes the channel's rules count for players too.
tl::expected<PlayGrant, auth::Reason> admit_player(ngx_rtmp_session_t& s, std::string_view id,
                                                   std::string_view args);
std::optional<auth::Reason> player_still_allowed(ngx_rtmp_session_t& s, std::string_view id,
                                                 PlayGrant& grant);

}  // namespace sluice::ngx
