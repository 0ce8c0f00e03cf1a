#pragma once

#include "answer.hpp"

namespace sluice::ngx {

/// Answers with what the archive holds of the stream, whether somebody publishes it or not
/// (`asked.stream` may be null).
ngx_int_t answer_dvr(ngx_http_request_t& r, const PackageRequest& asked);

/// Forgets the archives that nobody asked for lately.
void forget_old_archives(std::int64_t now_ms);

}  // namespace sluice::ngx
