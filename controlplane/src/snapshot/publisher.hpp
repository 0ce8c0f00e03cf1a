#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>

#include "controlplane/src/nginx/control_socket.hpp"
#include "controlplane/src/store/store.hpp"

namespace sluice::control::snapshot {

/// Carries the channels of the store to nginx: writes the snapshot file and waits until the workers use it.
class Publisher {
public:
    enum class Applied { applied, pending };

    /// `channels` is the folder nginx watches (DIR/channels), made when absent. Store and socket must outlive this.
    Publisher(store::Store& store, std::filesystem::path channels, const nginx::ControlSocket& nginx);

    /// Puts everything committed before the call in force. `applied` means that every worker which is not shutting
    /// down has reported it; `pending` that this did not happen within `wait` (nginx is down or slow, or the file could
    /// not be written: the reason is in the log); workers pick the file up as soon as they can.
    /// Thread-safe: calls that arrive while a snapshot is being written share the next one.
    Applied publish(std::chrono::milliseconds wait);

    /// To be called once before the API serves: publishes when the snapshot on disk is not what the store holds, as
    /// after a crash between a commit and its snapshot. Does not wait for nginx.
    void reconcile();
};

}  // namespace sluice::control::snapshot
