#pragma once

#include <atomic>
#include <thread>

#include "../nginx/control_socket.hpp"
#include "../service/journal.hpp"
#include "../store/store.hpp"

namespace sluice::control::events {

/// The thread that shows browsers what the journal holds and nginx did not raise itself: it posts
/// it into the event ring, in the journal's order. How far it came is stored now and then, so a
/// process that is killed may post some of it twice; the `id` is the same. Of a longer absence of
/// nginx only the newest kMostBehind events are posted: the ring holds hardly more.
class RingPoster {
public:
    static constexpr std::uint64_t kMostBehind = 1000;

    RingPoster(store::Store& store, const Journal& journal, const nginx::ControlSocket& nginx)
        : store_(store), journal_(journal), nginx_(nginx)
    {}
    ~RingPoster() { stop(); }

    void start();
    void stop();

private:
    void run();
    Result<void> load();
    Result<bool> post_some();
    Result<void> post(const std::string& events) const;
    Result<void> keep_place();

    store::Store& store_;
    const Journal& journal_;
    const nginx::ControlSocket& nginx_;
    std::uint64_t posted_ = 0;
    std::uint64_t kept_ = 0;
    std::int64_t kept_at_ms_ = 0;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace sluice::control::events
