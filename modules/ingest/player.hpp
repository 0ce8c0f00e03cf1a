#pragma once

#include <string>

#include "core/hub/reader.hpp"
#include "modules/access/access.hpp"
#include "session.hpp"
#include "session_index.hpp"

namespace sluice::ngx {

/// One RTMP viewer: reads the hub from whatever worker it landed on and sends RTMP messages.
class Player {
public:
    /// The caller has entered the audience of `stream` for it.
    Player(RtmpSession& session, std::string id, const PlayGrant& grant, hub::StreamRecord& stream);
    Player(const Player&) = delete;
    Player& operator=(const Player&) = delete;
    ~Player();

    /// Answers the play command and starts to send.
    void start();

    /// Sends what there is, as far as the connection takes it. May end the session.
    void pump();

    /// Looks whether the viewer may go on.
    void check();

    /// Ends the session from our side; the client is told.
    void end(auth::Reason reason);

    const hub::StreamRecord& stream() const { return *stream_; }

private:
    bool takes_more() const;
    bool send_config();
    bool send_next(const hub::Stretch& stretch);
    bool send_tag(std::span<const std::uint8_t> tag);
    void count_skip();
    void stop(const char* code, const char* text);

    RtmpSession& session_;
    std::string id_;
    PlayGrant grant_;
    hub::StreamRecord* stream_;
    hub::Reader reader_;
    ngx_event_handler_pt send_ = nullptr;  ///< nginx-rtmp's own write handler

    static void writable(ngx_event_t& event);
};

/// The RTMP viewers of this worker.
SessionIndex<Player>& players();

}  // namespace sluice::ngx
