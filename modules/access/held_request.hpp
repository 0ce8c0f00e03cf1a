#pragma once

#include <functional>

#include "authorise.hpp"

namespace sluice::ngx {

/// Asks `question` and lets the request wait meanwhile; then it is finished with what `go_on`
/// gives, as a content handler's result would be. A client that leaves takes its question along.
/// To be returned from a content handler.
ngx_int_t hold_request(ngx_http_request_t& r, const Question& question,
                       const AuthorisePolicy& policy,
                       std::function<ngx_int_t(const Authorised&)> go_on);

}  // namespace sluice::ngx
