#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../result.hpp"
#include "../store/store.hpp"
#include "call_pool.hpp"
#include "callback.hpp"
#include "circuit_breaker.hpp"
#include "verdict_cache.hpp"

namespace sluice::control {

/// Who wants to do what. The callback sees all of it.
struct AuthoriseQuestion {
    std::string action;  ///< publish, play
    std::string channel;
    std::string protocol;  ///< rtmp, rtmps, flv, ws_flv
    std::string address;
    std::string query;  ///< the caller's own parameters, without the signature
    std::string session;
};

/// Asks the server that a channel names (`authorise_url`) whether somebody may publish or play.
/// Thread-safe; nobody waits in it, and whom a slow server keeps waiting keeps out nobody who asks
/// another one.
class Authoriser {
public:
    using Call = std::function<Result<CallbackAnswer>(
        const std::string& url, const std::string& body, std::chrono::milliseconds limit,
        std::stop_token ending)>;
    using Clock = std::function<std::int64_t()>;       ///< monotonic, ms
    using Done = std::function<void(const Verdict&)>;  ///< must not throw

    /// What a channel says about one action.
    struct Policy {
        std::string url;  ///< may hold credentials; empty: nobody is asked
        std::chrono::milliseconds timeout{};
        bool allow_on_failure = false;
        std::int64_t cache_ms = 0;
    };

    static constexpr std::size_t kMostVerdicts = 10'000;
    /// Of both a server gets no more than are free: half, when it is the only one that is slow.
    static constexpr std::size_t kMostCalls = 128;
    static constexpr std::size_t kMostWaiting = 8192;

    /// `store` must outlive it.
    Authoriser(store::Store& store, Call call, Clock clock = {});

    /// Errc::not_found when there is no such channel.
    Result<Policy> policy_of(const AuthoriseQuestion& question) const;

    /// `done` is called once, within the policy's timeout or when a call before it gives way: in
    /// this thread when no call is needed. Equal questions (of one address with the same query)
    /// share one call and, for the channel's authorise_cache_s, its verdict. When too many wait
    /// the policy decides at once.
    void ask(const AuthoriseQuestion& question, const Policy& policy, Done done);

    /// Calls that are under way fail, and so does every later one.
    void stop() { ending_.request_stop(); }

    /// Prometheus text.
    std::string metrics() const;

private:
    struct Counters {
        std::atomic<std::uint64_t> allowed{0}, denied{0}, failed{0};  ///< calls
        /// Questions without a call.
        std::atomic<std::uint64_t> cached{0}, shared{0}, spared{0}, crowded{0};
    };

    enum class Turn { known, shared, call };

    Turn take(const std::string& key, const Policy& policy, Done& done, Verdict& known);
    Verdict call(const AuthoriseQuestion& question, const Policy& policy, std::int64_t since_ms);
    void finish(const std::string& key, const Policy& policy, const Verdict& verdict);

    store::Store& store_;
    const Call call_;
    const Clock clock_;
    Counters counters_;
    std::stop_source ending_;

    mutable std::mutex mutex_;  ///< guards all below but the pool
    VerdictCache cache_{kMostVerdicts};
    CircuitBreaker breaker_;
    std::map<std::string, std::vector<Done>> under_way_;  ///< who waits, by question
    std::map<std::string, std::size_t> waiting_by_server_;
    std::size_t waiting_ = 0;

    CallPool pool_{kMostCalls};  ///< last: its calls use all of the above
};

}  // namespace sluice::control
