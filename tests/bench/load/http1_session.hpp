#pragma once

#include <string>
#include <string_view>

#include "flv_format.hpp"
#include "result.hpp"

namespace sluice::bench {

/// GETs on a kept-alive HTTP/1.1 connection, one after the other: bytes in, answers out, no socket.
class Http1Session {
public:
    explicit Http1Session(std::string authority) : authority_(std::move(authority)) {}

    /// Asks for `path`; the answer to the last one must be complete.
    void get(std::string_view path);

    /// True while an answer is owed.
    bool busy() const { return state_ != State::idle; }

    /// Takes what the server sent. An error says what is no HTTP, or came unasked.
    Result<void> receive(View bytes);

    /// Of the last complete answer.
    int status() const { return status_; }
    View body() const { return body_; }
    /// The server keeps the connection after this answer.
    bool kept() const { return kept_; }

    /// Bytes for the server.
    std::string_view pending() const { return std::string_view(out_).substr(out_at_); }
    void sent(std::size_t bytes) { out_at_ += bytes; }

private:
    enum class State : std::uint8_t { idle, head, body, chunk_size, chunk, chunk_end, trailer };

    Result<void> take_head(View& bytes);
    Result<void> read_head();
    void take_body(View& bytes);
    Result<void> take_chunk_line(View& bytes);
    Result<void> end_chunk_line();

    std::string authority_;
    std::string out_;
    std::size_t out_at_ = 0;
    State state_ = State::idle;
    std::string line_;  ///< the head, or the line between chunks
    int status_ = 0;
    bool kept_ = true;
    std::size_t left_ = 0;  ///< of the body or the chunk
    Bytes body_;
};

}  // namespace sluice::bench
