#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "core/hub/reader.hpp"
#include "core/websocket/frame.hpp"
#include "modules/access/access.hpp"
#include "sink.hpp"

namespace sluice::ngx {

class Room;

enum class Transport : std::uint8_t { http1, http2, websocket };

/// What only some viewers need; most have none.
struct ViewerExtras {
    CopyingSink http2;
    websocket::ClientFrames frames;
    std::vector<std::uint8_t> pong;  ///< a control frame that waits for the end of the current one
};

/// One viewer of HTTP-FLV or WebSocket-FLV: a cursor into the hub and the connection it feeds.
class Viewer {
public:
    Viewer(ngx_http_request_t& r, Room& room, Transport transport, const PlayGrant& grant);
    Viewer(const Viewer&) = delete;
    Viewer& operator=(const Viewer&) = delete;
    ~Viewer();

    /// Sends what there is, as far as the connection takes it. A viewer that ends is closed by a
    /// posted event, so it is there until the caller is through.
    void flush();

    /// The connection takes more (again), or has timed out.
    void on_writable();

    /// The client sent something, or closed.
    void on_readable();

    /// The connection has taken nothing for a while: makes sure that the ring does not overtake
    /// this viewer.
    void rescue();

    /// Asks the viewer to come back to another worker: its response ends before its next key frame,
    /// where the new one will begin, or when none has come for a while. To be repeated until it has
    /// gone.
    void hand_over(std::int64_t now_ms);

    /// Looks whether the viewer may go on; false: it was ended.
    bool check();

    bool blocked() const { return blocked_; }
    Transport transport() const { return transport_; }

    static constexpr std::size_t kNoPlace = static_cast<std::size_t>(-1);
    std::size_t place = kNoPlace;  ///< in its room, which sets it

private:
    enum class Step : std::uint8_t { more, stop, gone };
    enum class Fate : std::uint8_t { running, ended, failed };

    Step step();
    std::uint64_t next_size() const;
    bool catch_up();
    bool copy_ahead(std::uint64_t size);
    Step overrun();
    Step send_pending();
    Step send_config();
    Step send_stretch(const hub::Stretch& stretch);
    Step note(const Sent& sent);
    void keep(std::span<const Bytes> pieces, std::uint64_t sent);
    Sent send(std::span<const Bytes> pieces);
    Sent flush_sink();
    void count_skip();
    void read_websocket();
    void answer(const websocket::Control& ping);
    Step end();
    Step fail();
    Step finish(Fate fate);
    void close();

    // What a flush touches comes first and lies together: with thousands of viewers each of them is
    // cold when its turn comes, and a line of the cache is a good part of what a flush costs.
    ngx_connection_t* connection_;  ///< the request's
    Room* room_;
    bool blocked_ = false;
    bool header_left_ = false;  ///< HTTP/1.1: nginx has sent the response header
    bool started_ = false;      ///< the FLV file header was sent
    bool plain_;                ///< no TLS, no HTTP/2: bytes go to the socket as they lie
    Fate fate_ = Fate::running;
    Transport transport_;
    std::int64_t leave_by_ms_ = 0;       ///< monotonic; 0: stays
    std::uint64_t frame_left_ = 0;       ///< WebSocket: payload that the open frame still promises
    std::vector<std::uint8_t> pending_;  ///< headers that the connection did not take at once
    hub::Reader reader_;
    ngx_http_request_t* r_;
    std::unique_ptr<ViewerExtras> extras_;
    PlayGrant grant_;
};

}  // namespace sluice::ngx
