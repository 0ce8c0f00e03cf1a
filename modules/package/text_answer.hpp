#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

enum class TextKind : std::uint8_t { playlist, manifest };

/// Sends a playlist or manifest; `token` (`sign=…`, or empty) is put behind every address in it.
/// It may be kept for `lifetime_s`.
ngx_int_t send_playlist(ngx_http_request_t& r, const std::string& text, TextKind kind,
                        std::string_view token, std::uint32_t lifetime_s);

}  // namespace sluice::ngx
