#include "call_pool.hpp"

#include <system_error>
#include <utility>

namespace sluice::control {

CallPool::~CallPool()
{
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
}

void CallPool::run(const std::string& server, Call call)
{
    const std::lock_guard lock(mutex_);
    servers_[server].waiting.push_back(std::move(call));
    wake();
}

/// Of the servers with a call that may run, the one with the fewest that do.
CallPool::Servers::iterator CallPool::next()
{
    auto best = servers_.end();
    for (auto it = servers_.begin(); it != servers_.end(); ++it) {
        const auto& server = it->second;
        if (server.waiting.empty() || server.running >= most_ - running_) continue;
        if (best == servers_.end() || server.running < best->second.running) best = it;
    }
    return best;
}

/// Finds a thread for the next call, if there is one. Who takes a call wakes the next.
void CallPool::wake()
{
    if (next() == servers_.end()) return;
    if (idle_ > 0) return changed_.notify_one();
    if (threads_.size() == most_) return;
    try {
        threads_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
        // Those that run will come to it.
        if (threads_.empty()) throw;
    }
}

void CallPool::work()
{
    std::unique_lock lock(mutex_);
    while (true) {
        const auto server = next();
        if (server == servers_.end()) {
            if (ending_) return;
            ++idle_;
            changed_.wait(lock);
            --idle_;
            continue;
        }
        auto call = std::exchange(server->second.waiting.front(), nullptr);
        server->second.waiting.pop_front();
        ++server->second.running;
        ++running_;
        wake();
        lock.unlock();
        call();
        call = nullptr;
        lock.lock();
        --running_;
        if (--server->second.running == 0 && server->second.waiting.empty()) servers_.erase(server);
    }
}

}  // namespace sluice::control
