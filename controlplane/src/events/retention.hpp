#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "../service/journal.hpp"
#include "../store/store.hpp"

namespace sluice::control::events {

/// Bounds of the journal: settings `events`.
struct Bounds {
    std::uint64_t max_count = 100'000;
    std::int64_t max_days = 30;
};

/// Removes old events from the journal, in small transactions. The newest one stays for ever.
class Retention {
public:
    using ReadBounds = std::function<Bounds()>;
    /// The oldest event that somebody still needs; UINT64_MAX when nobody does.
    using Needed = std::function<std::uint64_t()>;

    /// What is needed stays for this long, but never makes the journal more than twice its bound.
    static constexpr std::int64_t kNeededMs = 24 * 3600 * 1000LL;

    Retention(store::Store& store, const Journal& journal, ReadBounds bounds, Needed needed)
        : store_(store), journal_(journal), bounds_(std::move(bounds)), needed_(std::move(needed))
    {}
    ~Retention() { stop(); }

    /// Removes all that is too old now.
    Result<void> run(std::int64_t now_ms);

    /// Does it every few seconds, in a thread.
    void start();
    void stop();

private:
    Result<std::size_t> step(std::int64_t now_ms);
    void work();

    store::Store& store_;
    const Journal& journal_;
    ReadBounds bounds_;
    Needed needed_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace sluice::control::events
