#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace sluice::control::events {

/// One HTTP POST to a receiver.
struct Sending {
    std::uint64_t tag = 0;  ///< comes back with the outcome
    std::string url;
    std::vector<std::string> headers;  ///< `Name: value`
    std::string body;
    std::chrono::milliseconds timeout{5000};  ///< for all of it
};

struct Sent {
    std::uint64_t tag = 0;
    long status = 0;    ///< 0: there was no whole answer
    std::string error;  ///< why there was none
    std::int64_t ms = 0;
    std::int64_t retry_after_s = 0;  ///< 0: the receiver does not say
};

/// Sends many at a time. Of one thread, but for wake().
class Sender {
public:
    virtual ~Sender() = default;

    virtual void send(Sending sending) = 0;

    /// Waits up to `limit` for something to end, or for wake().
    virtual std::vector<Sent> wait(std::chrono::milliseconds limit) = 0;

    /// Ends a wait, from any thread.
    virtual void wake() = 0;
};

}  // namespace sluice::control::events
