#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/hub/hub.hpp"
#include "core/package/reload.hpp"
#include "core/package/resource.hpp"
#include "modules/access/access.hpp"
#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// A viewer's request after it was let in. Lives as long as its request.
struct PackageRequest {
    package::Resource resource;  ///< borrows from the request
    package::Reload reload;
    std::string_view
        token;  ///< `sign=…` of a viewer who signed, to be put into playlists; or empty
    hub::StreamRecord* stream = nullptr;
    hub::StreamRecord* programme = nullptr;  ///< the channel's, whose viewer he is
    PlayGrant grant;                         ///< under which he was let in
};

/// Both answer with what is in the live window, as a content handler would; NGX_AGAIN when it is
/// not there yet, but on its way. `late`: the time to wait is over.
ngx_int_t answer_playlist(ngx_http_request_t& r, const PackageRequest& asked, bool late);
ngx_int_t answer_media(ngx_http_request_t& r, const PackageRequest& asked, bool late);

/// What a request that got NGX_AGAIN waits for.
package::Awaited awaited_by(const PackageRequest& asked);

/// What the channel has to say by now to a viewer whose request waited.
std::optional<auth::Reason> not_any_more(ngx_http_request_t& r, PackageRequest& asked);

/// Answers with a segment that is still being written: what is there at once, the rest as it comes.
/// Nothing when it is no such request.
std::optional<ngx_int_t> follow_segment(ngx_http_request_t& r, PackageRequest& asked);

/// How long a request may wait for the stream, in ms: three target durations (RFC
/// 8216bis, 6.2.5.2).
std::int64_t longest_wait(const PackageRequest& asked);

}  // namespace sluice::ngx
