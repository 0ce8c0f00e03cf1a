#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

using Json = nlohmann::ordered_json;

/// Sends a whole answer. `type` must be a literal.
ngx_int_t send_text(ngx_http_request_t& r, ngx_uint_t status, std::string_view type,
                    const std::string& text);
ngx_int_t send_json(ngx_http_request_t& r, ngx_uint_t status, const Json& json);

/// Sends an error as problem+json.
ngx_int_t send_problem(ngx_http_request_t& r, ngx_uint_t status, std::string_view detail);

/// Value of a query parameter; empty when it isn't there.
std::string_view argument(const ngx_http_request_t& r, std::string_view name);

}  // namespace sluice::ngx
