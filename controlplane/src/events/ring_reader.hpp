#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "../nginx/control_socket.hpp"
#include "ring_connection.hpp"
#include "ring_recorder.hpp"

namespace sluice::control::events {

/// The thread that follows nginx's event ring and writes it into the journal. While nginx is away
/// it waits, longer and longer, up to kMaxPause.
class RingReader {
public:
    static constexpr std::chrono::milliseconds kMinPause{50};
    static constexpr std::chrono::milliseconds kMaxPause{2000};

    RingReader(store::Store& store, const Journal& journal, const nginx::ControlSocket& nginx,
               const std::filesystem::path& socket);
    ~RingReader();

    void start();
    void stop();

private:
    void run();
    Result<void> follow();
    Result<void> record(const std::vector<Message>& messages, bool& same_ring);
    void pause(std::chrono::milliseconds time);

    const nginx::ControlSocket& nginx_;
    RingConnection connection_;
    RingRecorder recorder_;
    std::atomic<bool> stopping_{false};
    bool heard_ = false;  ///< something came since the last pause
    std::thread thread_;
};

}  // namespace sluice::control::events
