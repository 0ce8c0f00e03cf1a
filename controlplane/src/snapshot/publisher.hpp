#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "../nginx/control_socket.hpp"
#include "../store/store.hpp"
#include "pace.hpp"
#include "record_cache.hpp"

namespace sluice::control::snapshot {

/// Carries the channels of the store to nginx: writes the snapshot file and waits until the workers
/// use it.
class Publisher {
public:
    enum class Applied { applied, pending };

    /// Told of every file, on the thread that wrote it or could not.
    using Written = std::function<void(bool written, std::chrono::nanoseconds)>;

    /// `channels` is the folder nginx watches (DIR/channels), made when absent. Store and socket
    /// must outlive this. A file that could not be written is tried again after `first_retry`, then
    /// after twice as long each time, up to 30 s.
    /// `maker` names who encodes the records and for whom: what another one wrote is compared with
    /// the store once, record by record. `hooks` is part of who encodes them.
    Publisher(const store::Store& store, std::filesystem::path channels,
              const nginx::ControlSocket& nginx, std::string maker = {},
              std::chrono::milliseconds first_retry = std::chrono::seconds(1), Written told = {},
              RecordCache::HooksOf hooks = {});
    ~Publisher();

    /// Puts everything committed before the call in force. `applied` means that every worker which
    /// is not shutting down has reported it; `pending` that this did not happen within `wait`
    /// (nginx is down or slow, or the file could not be written: the reason is in the log); workers
    /// pick the file up as soon as they can. Thread-safe: calls that arrive while a snapshot is
    /// being written share the next one.
    Applied publish(std::chrono::milliseconds wait);

    /// Makes the next file hold these channels as they are encoded then, although their documents
    /// may not have changed: publish() puts them in force.
    void renew(const std::set<std::string>& channels);

    /// To be called once before the API serves: publishes when the snapshot on disk is not what the
    /// store holds, as after a crash between a commit and its snapshot. Does not wait for nginx.
    void reconcile();

    /// Whether something committed waits for a file that could not be written yet.
    bool pending() const;

private:
    using Clock = std::chrono::steady_clock;

    /// The generation that holds everything committed before the call.
    Result<std::uint64_t> written();
    void retry_loop();
    void gather(std::unique_lock<std::mutex>& lock);
    Result<std::uint64_t> write();
    Result<std::uint64_t> write_file(const std::string& source);
    bool begin_with_file();
    bool on_disk() const;
    std::string source(store::Revision last_change) const;
    Result<store::Revision> last_change() const;
    bool confirmed(std::uint64_t generation, Clock::time_point deadline);
    bool workers_have(std::uint64_t generation, Clock::time_point deadline) const;

    const store::Store& store_;
    std::filesystem::path folder_;
    std::string maker_;
    const nginx::ControlSocket& nginx_;

    std::chrono::milliseconds first_retry_;
    Written told_;

    mutable std::mutex mutex_;
    std::condition_variable done_;
    std::condition_variable failed_;  ///< wakes the retries
    bool ending_ = false;
    std::uint64_t asked_ = 0;    ///< calls so far
    std::uint64_t covered_ = 0;  ///< calls whose changes the last outcome holds
    bool writing_ = false;
    std::set<std::string> renewed_;  ///< not known to the cache yet
    Pace pace_;
    std::condition_variable came_;  ///< wakes the one that gathers
    Result<std::uint64_t> outcome_;

    // Touched only by the call that is writing.
    RecordCache cache_;
    std::uint64_t generation_ = 0;
    bool compared_ = false;  ///< with the file that an earlier process left
    bool in_file_ = false;   ///< the newest file holds what the cache holds
    bool seeded_ = false;    ///< the cache was asked to begin with the file

    // One call asks nginx for all that wait.
    std::mutex asking_mutex_;
    std::condition_variable answered_;
    bool asking_ = false;
    std::uint64_t confirmed_ = 0;
    Clock::time_point confirmed_at_;

    std::thread retries_;
};

}  // namespace sluice::control::snapshot
