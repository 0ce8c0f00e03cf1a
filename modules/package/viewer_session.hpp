#pragma once

#include <optional>

#include "answer.hpp"

namespace sluice::ngx {

/// Whether this viewer has a session already: then nobody is asked about him again, and no limit
/// keeps him out.
bool has_session(ngx_http_request_t& r, const PackageRequest& asked);

/// Why this viewer can't have one, if so.
std::optional<auth::Reason> session_refused(ngx_http_request_t& r, const PackageRequest& asked);

/// Counts the viewer for three target durations from now: a session begins with a playlist or
/// manifest, and goes on with everything he asks for.
void note_session(ngx_http_request_t& r, const PackageRequest& asked);

}  // namespace sluice::ngx
