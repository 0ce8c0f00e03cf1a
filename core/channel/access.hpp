#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/auth/address.hpp"
#include "core/auth/reason.hpp"
#include "core/auth/signature.hpp"
#include "core/channel/channel.hpp"

namespace sluice::channel {

/// `picture`: of the stream, as a file; no channel leaves it out.
enum class Output : std::uint8_t { flv, hls, cmaf, rtmp, picture };

/// What an encoder asked for. Borrows from the caller.
struct PublishRequest {
    std::string_view id;
    std::string_view args;                 ///< query string behind the stream name
    std::optional<auth::Address> address;  ///< nothing for a unix socket
};

/// What a viewer asked for. Borrows from the caller; a header that was not sent is empty.
struct PlayRequest {
    std::string_view id;
    std::string_view args;
    Output output = Output::flv;
    std::optional<auth::Address> address;
    std::string_view referer;
    std::string_view origin;
    std::string_view host;  ///< the request's own host[:port]; pages from there are never foreign
};

/// Decisions about a start. `channel` is null when the snapshot has none under this id. Nothing
/// means yes. The order of the checks is part of the contract: name, channel, enabled, expiry,
/// output, address, referer, origin, signature.
std::optional<auth::Reason> may_publish(const Channel* channel, const PublishRequest& request,
                                        std::int64_t now_s);
std::optional<auth::Reason> may_play(const Channel* channel, const PlayRequest& request,
                                     std::int64_t now_s);

/// Decisions about a session that runs, after each change of its channel and whenever the clock may
/// have passed expires_at_s: deleted, disabled, expired, key_rotated (what the session signed with
/// no longer verifies), and output_disabled for viewers. `sign` is what signature_in() gave at the
/// start, nothing if it gave none. The signature's own expiry and the allow lists gate only the
/// start.
std::optional<auth::Reason> publish_still_allowed(const Channel* channel,
                                                  const std::optional<auth::Signature>& sign,
                                                  std::int64_t now_s);
std::optional<auth::Reason> play_still_allowed(const Channel* channel, Output output,
                                               const std::optional<auth::Signature>& sign,
                                               std::int64_t now_s);

/// Whether a Referer header passes a list of hosts: "example.com", "*.example.com" (its
/// subdomains), or "none" for requests without the header. Ports in the header are ignored. An
/// empty list lets everything pass.
bool referer_allowed(std::span<const std::string> list, std::string_view referer);

/// Whether an Origin header passes a list of origins: "https://example.com",
/// "https://*.example.com:8443" or "*". A request without the header, or from the server's own
/// `host`, is not a foreign page's and passes.
bool origin_allowed(std::span<const std::string> list, std::string_view origin,
                    std::string_view host);

}  // namespace sluice::channel
