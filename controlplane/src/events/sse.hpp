#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::control::events {

/// One server-sent event.
struct Message {
    std::string id;
    std::string type;
    std::string data;
};

/// Takes a stream of server-sent events apart (WHATWG HTML, section 9.2.6), as far as nginx writes
/// it: lines end with LF. What is longer than kMaxMessage makes it fail: no event is.
class MessageReader {
public:
    static constexpr std::size_t kMaxMessage = 64 << 10;

    /// Appends the messages that `piece` completes. False when the stream is none of ours.
    bool feed(std::string_view piece, std::vector<Message>& out);

private:
    void take_line(std::string_view line, std::vector<Message>& out);

    std::string line_;
    Message message_;
};

}  // namespace sluice::control::events
