#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "../result.hpp"
#include "../store/store.hpp"

namespace sluice::control {

/// When each token and each session was used last. A use is remembered in memory, which costs a
/// request nothing, and written about once a minute by a thread of its own: a process that is
/// killed forgets a minute of it.
class LastUse {
public:
    explicit LastUse(store::Store& store);
    LastUse(const LastUse&) = delete;
    LastUse& operator=(const LastUse&) = delete;
    ~LastUse();  ///< writes what is not written yet

    /// `owner` is the key of the token or session.
    void note(const std::string& owner, std::int64_t now_s);

    /// Seconds since 1970; nothing when it was never used.
    Result<std::optional<std::int64_t>> of(const std::string& owner) const;

    /// The key under which it is kept: whoever removes the owner removes it too.
    static std::string key_of(const std::string& owner);

    /// Writes what was noted since the last time. An owner that is gone by now leaves nothing.
    Result<void> write();

private:
    void run();
    Result<void> write(std::vector<std::pair<std::string, std::int64_t>> uses);

    store::Store& store_;
    mutable std::mutex mutex_;
    std::condition_variable ending_;
    bool end_ = false;
    std::map<std::string, std::int64_t> noted_;  ///< as many as there are tokens and sessions
    std::thread writer_;
};

}  // namespace sluice::control
