#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

#include "../result.hpp"
#include "../store/store.hpp"
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
/// Thread-safe; a question takes as long as its callback, at most the channel's timeout.
class Authoriser {
public:
    using Call = std::function<Result<CallbackAnswer>(
        const std::string& url, const std::string& body, std::chrono::milliseconds limit,
        std::stop_token ending)>;
    using Clock = std::function<std::int64_t()>;  ///< monotonic, ms

    static constexpr std::size_t kMostVerdicts = 10'000;

    /// `store` must outlive it.
    Authoriser(store::Store& store, Call call, Clock clock = {});

    /// Equal questions (of one address with the same query) share one call and, for the channel's
    /// authorise_cache_s, its verdict. Errc::not_found when there is no such channel.
    Result<Verdict> ask(const AuthoriseQuestion& question);

    /// Calls that are under way fail, and so does every later one.
    void stop() { ending_.request_stop(); }

    /// Prometheus text.
    std::string metrics() const;

private:
    /// What a channel says about one action.
    struct Policy {
        std::string url;  ///< may hold credentials; empty: nobody is asked
        std::chrono::milliseconds timeout{};
        bool allow_on_failure = false;
        std::int64_t cache_ms = 0;
    };

    struct Counters {
        std::atomic<std::uint64_t> allowed{0}, denied{0}, failed{0};  ///< calls
        std::atomic<std::uint64_t> cached{0}, shared{0}, spared{0};   ///< questions without a call
    };

    Result<Policy> policy_of(const AuthoriseQuestion& question) const;
    Verdict call(const AuthoriseQuestion& question, const Policy& policy);
    void finish(const std::string& key, const Policy& policy, const Verdict& verdict);

    store::Store& store_;
    const Call call_;
    const Clock clock_;
    Counters counters_;
    std::stop_source ending_;

    std::mutex mutex_;  ///< guards all below
    VerdictCache cache_{kMostVerdicts};
    CircuitBreaker breaker_;
    std::map<std::string, std::shared_future<Verdict>>
        under_way_;  ///< bounded by the server's threads
};

}  // namespace sluice::control
