#pragma once

#include <optional>
#include <string>

#include "broadcast.hpp"
#include "modules/access/access.hpp"
#include "session.hpp"
#include "session_index.hpp"

namespace sluice::ngx {

/// One publish session of this worker: from the granted claim until it is ended, whoever ends it.
class Publisher {
public:
    Publisher(RtmpSession& session, std::string id, const PublishGrant& grant,
              const hub::Claim& claim);
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;
    ~Publisher();

    /// Takes an audio, video or data message.
    void take(flv::TagType type, const ngx_rtmp_header_t& h, const ngx_chain_t* in);

    /// Looks whether the session has to end: replaced, idle, expired, or its channel changed.
    void check(std::int64_t now_ms);

    /// The stream is dirty: somebody took over, or asked for the end.
    void check_stream();

    /// Ends the session from our side; the client is told.
    void end(auth::Reason reason);

    const hub::StreamRecord& stream() const { return broadcast_.stream(); }

    /// Why the session is over; set before destruction, `disconnected` when nobody said.
    void set_reason(auth::Reason reason) { broadcast_.set_reason(reason); }

private:
    std::int64_t window_ms() const;
    void look_for_hooks();
    void follow_channel();
    std::optional<auth::Reason> reason_to_end(std::int64_t now_ms);

    RtmpSession& session_;
    std::string id_;
    PublishGrant grant_;
    Broadcast broadcast_;
    BroadcastSettings settings_;
    std::uint64_t hooks_of_ = 0;  ///< snapshot that the hooks are from
    std::int64_t last_data_ms_;
    std::uint64_t last_error_log_ms_ = 0;
};

/// Whether the session came out of our own RTMPS, which says the client's address.
bool came_by_proxy(const ngx_rtmp_session_t& s);

/// The publishers of this worker.
SessionIndex<Publisher>& publishers();

}  // namespace sluice::ngx
