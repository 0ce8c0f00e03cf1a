#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>

#include "../service/journal.hpp"
#include "../service/webhooks.hpp"
#include "../store/store.hpp"
#include "delivery_facts.hpp"
#include "sender.hpp"
#include "webhook_feed.hpp"

namespace sluice::control::events {

/// Sends the journal to the webhooks, in a thread of its own: at least once, in order per channel.
/// How far each came is stored some times a second, so a process that is killed sends some events
/// again, with the same id. At most kInFlightOfOne requests run for one webhook, kInFlight in all.
class Deliverer {
public:
    static constexpr std::size_t kInFlight = 64;
    static constexpr std::size_t kInFlightOfOne = 16;
    /// Outcomes that the store does not take: what can't be written down is not sent.
    static constexpr std::size_t kMaxUnwritten = 1000;
    static constexpr std::size_t kMaxJobs = 4;  ///< a waiting caller occupies a thread of the API

    struct Options {
        BackOff back_off;
        std::function<std::int64_t()> now_ms;
    };

    Deliverer(store::Store& store, const Journal& journal, Webhooks& webhooks,
              std::unique_ptr<Sender> sender, Options options);
    ~Deliverer();

    void start();
    /// Begins nothing more; requests that run get up to three seconds.
    void stop();

    /// The webhooks are others now. From any thread.
    void changed();

    /// Sends `webhook.test`, or event `number` once more, at once, and waits for the outcome:
    /// {"delivered", "code", "error", "ms", "event_id"}. From any thread.
    Result<nlohmann::json> test(const std::string& webhook);
    Result<nlohmann::json> redeliver(const std::string& webhook, std::uint64_t number);

    const DeliveryFacts& facts() const { return facts_; }

    /// The oldest event that a webhook still needs. From any thread.
    std::uint64_t needed_from() const { return needed_from_; }

    /// One turn of the thread, for tests: waits at most `limit`.
    void turn(std::chrono::milliseconds limit);

private:
    struct Job {
        std::string webhook;
        std::uint64_t number = 0;  ///< 0: a test
        std::promise<Result<nlohmann::json>> answer;
    };

    struct Flight {
        std::string webhook;
        std::uint64_t generation = 0;
        std::string channel;
        EventFacts event;
        unsigned attempt = 0;
        std::shared_ptr<Job> job;  ///< or null
    };
    using Hooks = std::map<std::string, WebhookFeed>;

    void run();
    void drain();
    void land_ended(std::chrono::milliseconds limit);
    void reload();
    Result<void> adopt(const Webhooks::Stored& stored);
    void forget_missing(const std::vector<Webhooks::Stored>& all);
    void read_journal();
    void launch();
    bool launch_one(WebhookFeed& hook);
    static bool full(const WebhookFeed& hook);
    void launch_jobs();
    void start_job(const std::shared_ptr<Job>& job);
    void send(WebhookFeed& hook, Flight flight, std::string body, std::string_view attempt_id);
    void land(const Sent& sent);
    void land_job(const Flight& flight, const Sent& sent);
    void judge(WebhookFeed& hook, const Flight& flight, const Sent& sent);
    bool disabled_by(const WebhookFeed& hook, const Sent& sent);
    void note_gave_up(WebhookFeed& hook, const Flight& flight, const std::string& reason,
                      std::int64_t now_ms);
    void write_down(bool all);
    void write_down(WebhookFeed& hook, bool all);
    void count();
    std::chrono::milliseconds until_next(std::chrono::milliseconds limit) const;
    Result<nlohmann::json> ask(std::string webhook, std::uint64_t number);

    store::Store& store_;
    const Journal& journal_;
    Webhooks& webhooks_;
    std::unique_ptr<Sender> sender_;
    Options options_;
    DeliveryFacts facts_;
    std::atomic<std::uint64_t> needed_from_{0};

    std::atomic<bool> changed_{true};
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::deque<std::shared_ptr<Job>> jobs_;
    std::size_t asking_ = 0;

    Hooks hooks_;
    std::map<std::uint64_t, Flight> flights_;
    std::uint64_t last_tag_ = 0;
    std::string turn_;  ///< the webhook that was served last
    bool more_to_read_ = false;
    std::int64_t reload_at_ms_ = 0;  ///< because not all webhooks could be read; 0: they could
    std::thread thread_;
    std::thread watcher_;  ///< wakes the other one when the journal grows
};

}  // namespace sluice::control::events
