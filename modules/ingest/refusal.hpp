#pragma once

#include <string_view>

#include "session.hpp"

namespace sluice::ngx {

/// Tells the client, the log and, of a publisher, the events why it is refused, and closes.
/// `detail`: the words of the authorise callback. NGX_OK: the command is answered.
ngx_int_t refuse_publish(RtmpSession& session, std::string_view id, auth::Reason reason,
                         std::string_view detail = {});
ngx_int_t refuse_play(RtmpSession& session, const char* code, auth::Reason reason,
                      std::string_view detail = {});

}  // namespace sluice::ngx
