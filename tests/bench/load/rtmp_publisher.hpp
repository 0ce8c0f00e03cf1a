#pragma once

#include <string>

#include "chunk_reader.hpp"
#include "flv_format.hpp"
#include "result.hpp"
#include "synthetic_stream.hpp"

namespace sluice::bench {

struct RtmpName {
    std::string tc_url;  ///< rtmp://host:port/app
    std::string app;
    std::string stream;  ///< with its arguments
};

/// An RTMP publisher without a socket: bytes in, bytes out. Goes the way that FFmpeg and OBS go:
/// simple handshake, connect, releaseStream + FCPublish + createStream, publish, waiting for each
/// answer.
class RtmpPublisher {
public:
    explicit RtmpPublisher(RtmpName name);

    /// Takes what the server sent. An error says why the server refused or what it said wrong.
    Result<void> receive(View bytes);

    /// The server said NetStream.Publish.Start.
    bool started() const { return state_ == State::publishing; }

    /// Metadata and configurations, once after the start.
    void send_headers(const SyntheticStream& source);
    void send(const Message& message);

    /// Bytes for the server; what was written is taken off by sent().
    View pending() const { return View(out_).subspan(out_at_); }
    void sent(std::size_t bytes);

private:
    enum class State : std::uint8_t { handshake, connecting, creating, waiting, publishing };

    void begin();
    Result<void> finish_handshake();
    Result<void> read_messages();
    Result<void> handle(const RtmpMessage& message);
    Result<void> handle_command(const RtmpMessage& message);
    void answer_ping(const RtmpMessage& message);
    void send_connect();
    void send_create();
    void send_publish();
    void send_command(std::uint32_t stream_id, const Bytes& body);

    RtmpName name_;
    State state_ = State::handshake;
    Bytes handshake_;
    ChunkReader chunks_;
    Bytes out_;
    std::size_t out_at_ = 0;
    std::uint32_t stream_id_ = 1;
};

}  // namespace sluice::bench
