#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Made once, sent to many.
using SharedText = std::shared_ptr<const std::string>;

inline SharedText share(std::string text)
{
    return std::make_shared<const std::string>(std::move(text));
}

enum class TextKind : std::uint8_t { playlist, manifest };

/// How long a text may be kept, and by whom.
struct TextLife {
    std::uint32_t seconds = 1;
    bool private_copy = false;  ///< by the viewer alone
};

/// Sends a playlist or manifest; `token` (`sign=…`, or empty) is put behind every address in it.
ngx_int_t send_playlist(ngx_http_request_t& r, const SharedText& text, TextKind kind,
                        std::string_view token, const TextLife& life);

}  // namespace sluice::ngx
