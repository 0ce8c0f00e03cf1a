#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>

#include "../metrics.hpp"
#include "../result.hpp"
#include "../service/settings_schema.hpp"
#include "message.hpp"

namespace sluice::control::http {

/// Serves HTTP/1.1 on a unix socket, for nginx in front. Pistache brings the event loop and the
/// request parser; accepting, replying and closing are here, because its own listener knows
/// only TCP and can't drain.
class Server {
public:
    using Handle = std::function<Reply(Request)>;

    struct Options {
        std::filesystem::path socket;  ///< a stale one is replaced
        std::size_t threads = 64;      ///< a request occupies one while it is handled
        /// Bytes, headers included. nginx in front holds bodies to limits.max_body_bytes.
        std::size_t max_request = kMaxBodyBytes + (std::size_t{64} << 10);
    };

    /// Listens and serves until it is destroyed or stop() is called. `metrics` must outlive it.
    static Result<std::unique_ptr<Server>> start(Options options, Handle handle, Metrics& metrics);
    ~Server();

    /// Takes no more connections, waits up to `limit` for requests in flight, then ends.
    void stop(std::chrono::milliseconds limit);

private:
    class Impl;
    explicit Server(std::unique_ptr<Impl> impl);

    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::control::http
