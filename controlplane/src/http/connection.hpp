#pragma once

// Pistache's http.h uses std::optional without including it.
#include <optional>

#include <pistache/http.h>
#include <pistache/peer.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../metrics.hpp"
#include "message.hpp"

namespace sluice::control::http {

/// What all threads of a server share.
struct Shared {
    std::function<Reply(Request)> handle;
    std::size_t max_request = 0;
    Metrics* metrics = nullptr;
    std::vector<std::atomic<int>> load;  ///< connections per thread
    std::atomic<int> in_flight{0};       ///< requests whose reply is not written yet
};

/// Reads requests from a connection, has them handled, writes the replies. Pistache makes one
/// clone per thread.
class Connection final : public Pistache::Tcp::Handler {
public:
    PROTOTYPE_OF(Pistache::Tcp::Handler, Connection)

    explicit Connection(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

    void onConnection(const std::shared_ptr<Pistache::Tcp::Peer>& peer) override;
    void onInput(const char* buffer, std::size_t length,
                 const std::shared_ptr<Pistache::Tcp::Peer>& peer) override;
    void onDisconnection(const std::shared_ptr<Pistache::Tcp::Peer>& peer) override;

private:
    void answer(const Pistache::Http::Request& parsed,
                const std::shared_ptr<Pistache::Tcp::Peer>& peer);
    void refuse(int status, std::string_view detail,
                const std::shared_ptr<Pistache::Tcp::Peer>& peer);
    std::shared_ptr<Shared> shared_;
};

/// Under this name a peer carries the number of its thread.
inline constexpr const char* kThread = "sluice.thread";

}  // namespace sluice::control::http
