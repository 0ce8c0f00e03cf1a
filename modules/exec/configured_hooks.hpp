#pragma once

#include <string_view>
#include <vector>

#include "core/channel/hook.hpp"
#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// What `sluice_exec` says for the streams of this session's application: for those who have no
/// channels.
std::vector<channel::Hook> configured_hooks(const ngx_rtmp_session_t& s, std::string_view stream);

}  // namespace sluice::ngx
