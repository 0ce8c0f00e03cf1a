#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace sluice::control {

/// Runs calls of other people's servers, each on a thread while it lasts. A server that is slow
/// holds up nobody else's calls: it gets a thread only while it has fewer than are free, so half
/// of them at most, and what finds none waits in its server's own line. Thread-safe.
class CallPool {
public:
    /// Must not throw.
    using Call = std::function<void()>;

    /// Threads start when they are needed.
    explicit CallPool(std::size_t threads) : most_(threads) {}
    CallPool(const CallPool&) = delete;
    CallPool& operator=(const CallPool&) = delete;

    /// Runs what waits, too.
    ~CallPool();

    /// `call` runs later, on another thread. The line is as long as the caller makes it.
    void run(const std::string& server, Call call);

private:
    struct Server {
        std::deque<Call> waiting;
        std::size_t running = 0;
    };
    using Servers = std::map<std::string, Server>;

    void work();
    Servers::iterator next();
    void wake();

    const std::size_t most_;
    std::mutex mutex_;  ///< guards all below
    std::condition_variable changed_;
    Servers servers_;  ///< those with calls
    std::size_t running_ = 0;
    std::size_t idle_ = 0;  ///< threads without a call
    bool ending_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace sluice::control
