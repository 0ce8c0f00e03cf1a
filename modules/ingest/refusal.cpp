#include "refusal.hpp"

#include "core/auth/channel_id.hpp"
#include "modules/hub/worker.hpp"

namespace sluice::ngx {

ngx_int_t refuse_publish(RtmpSession& session, std::string_view id, auth::Reason reason,
                         std::string_view detail)
{
    const auto why = to_string(reason);
    const auto shown = auth::is_channel_id(id) ? id : std::string_view{};
    const auto address = view(session.rtmp->connection->addr_text);
    ngx_log_error(NGX_LOG_NOTICE, session.rtmp->connection->log, 0,
                  "sluice access: publish of \"%*s\" refused: %*s%s%*s", shown.size(), shown.data(),
                  why.size(), why.data(), detail.empty() ? "" : ": ", detail.size(), detail.data());
    if (detail.empty()) {
        raise("stream.rejected", shown, {{"reason", why}, {"address", address}});
    } else {
        raise("stream.rejected", shown,
              {{"reason", why}, {"address", address}, {"detail", detail}});
    }
    refuse_session(session, publish_status_code(reason), reason, detail);
    return NGX_OK;
}

ngx_int_t refuse_play(RtmpSession& session, const char* code, auth::Reason reason,
                      std::string_view detail)
{
    const auto why = to_string(reason);
    ngx_log_error(NGX_LOG_NOTICE, session.rtmp->connection->log, 0,
                  "sluice access: play refused: %*s%s%*s", why.size(), why.data(),
                  detail.empty() ? "" : ": ", detail.size(), detail.data());
    refuse_session(session, code, reason, detail);
    return NGX_OK;
}

}  // namespace sluice::ngx
