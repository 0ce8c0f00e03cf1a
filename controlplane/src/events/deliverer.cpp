#include "deliverer.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "../log.hpp"
#include "../service/random.hpp"

namespace sluice::control::events {
namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds kTurn{1000};
constexpr std::int64_t kWriteEveryMs = 200;
constexpr std::int64_t kRetryMs = 1000;  ///< after the store failed
constexpr std::size_t kManyRecords = 40;
constexpr std::chrono::milliseconds kDrain{3000};
constexpr std::chrono::seconds kAnswerWithin{20};

/// What goes wrong with one webhook must not stop the others. True when all went well.
template <class Work>
bool guarded(std::string_view webhook, Work work)
{
    try {
        work();
        return true;
    } catch (const std::exception& e) {
        log(Level::error, {{"msg", "webhooks can't be delivered"},
                           {"webhook", std::string(webhook)},
                           {"error", e.what()}});
        return false;
    }
}

bool accepted(const Sent& sent)
{
    return sent.status >= 200 && sent.status < 300;
}

std::string error_of(const Sent& sent)
{
    if (!sent.error.empty()) return sent.error;
    return "the receiver answered " + std::to_string(sent.status);
}

json outcome_of(const Sent& sent, unsigned attempts, std::int64_t now_ms)
{
    return {{"attempts", attempts},
            {"at_ms", now_ms},
            {"ms", sent.ms},
            {"code", sent.status == 0 ? json() : json(sent.status)},
            {"error", accepted(sent) ? json() : json(error_of(sent))},
            {"next_attempt_at_ms", nullptr}};
}

EventFacts facts_of(const std::string& body)
{
    const auto event = json::parse(body, nullptr, false);
    if (!event.is_object()) return {};
    const auto number = event.value("number", json());
    return {number.is_number_integer() ? number.get<std::uint64_t>() : 0, event.value("id", ""),
            event.value("type", ""), event.value("channel", json())};
}

}  // namespace

Deliverer::Deliverer(store::Store& store, const Journal& journal, Webhooks& webhooks,
                     std::unique_ptr<Sender> sender, Options options)
    : store_(store),
      journal_(journal),
      webhooks_(webhooks),
      sender_(std::move(sender)),
      options_(std::move(options))
{
    webhooks_.on_change([this] { changed(); });
}

Deliverer::~Deliverer()
{
    stop();
}

void Deliverer::start()
{
    thread_ = std::thread([this] { run(); });
    watcher_ = std::thread([this] {
        store::Revision seen = 0;
        while (!stopping_) {
            journal_.wait(seen, kTurn / 2);
            sender_->wake();
        }
    });
}

void Deliverer::stop()
{
    stopping_ = true;
    sender_->wake();
    if (thread_.joinable()) thread_.join();
    if (watcher_.joinable()) watcher_.join();
    // Who still waits for a test gets an error: broken promises.
    const std::lock_guard lock(mutex_);
    jobs_.clear();
    flights_.clear();
}

void Deliverer::changed()
{
    changed_ = true;
    sender_->wake();
}

void Deliverer::run()
{
    bool well = true;
    while (!stopping_) {
        well = guarded({}, [&] {
            if (!well) land_ended(kTurn);  // a pause
            turn(kTurn);
        });
    }
    guarded({}, [this] { drain(); });
    write_down(true);
}

/// Requests that run when the service ends get a while: what they achieve needs no repetition.
void Deliverer::drain()
{
    const auto end = std::chrono::steady_clock::now() + kDrain;
    while (!flights_.empty()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            end - std::chrono::steady_clock::now());
        if (left.count() <= 0) return;
        land_ended(left);
    }
}

void Deliverer::turn(std::chrono::milliseconds limit)
{
    const bool again = reload_at_ms_ != 0 && options_.now_ms() >= reload_at_ms_;
    if (changed_.exchange(false) || again) reload();
    read_journal();
    launch_jobs();
    launch();
    land_ended(until_next(limit));
    write_down(false);
    count();
}

void Deliverer::land_ended(std::chrono::milliseconds limit)
{
    for (const auto& sent : sender_->wait(limit)) land(sent);
}

void Deliverer::reload()
{
    reload_at_ms_ = 0;
    const auto all = webhooks_.all();
    if (!all) {
        log(Level::error, {{"msg", "webhooks can't be read"}, {"error", all.error().detail}});
        reload_at_ms_ = options_.now_ms() + kRetryMs;
        return;
    }
    for (const auto& stored : *all) {
        guarded(stored.document.value("id", ""), [&] {
            if (auto done = adopt(stored); !done) {
                log(Level::error,
                    {{"msg", "a webhook can't be served"}, {"error", done.error().detail}});
                reload_at_ms_ = options_.now_ms() + kRetryMs;
            }
        });
    }
    forget_missing(*all);
}

Result<void> Deliverer::adopt(const Webhooks::Stored& stored)
{
    const auto id = stored.document.value("id", "");
    const auto known = hooks_.find(id);
    if (known != hooks_.end()) return known->second.adopt(store_, journal_, stored);
    WebhookFeed fresh(id);
    if (auto done = fresh.adopt(store_, journal_, stored); !done) return done;
    hooks_.emplace(id, std::move(fresh));
    return {};
}

void Deliverer::forget_missing(const std::vector<Webhooks::Stored>& all)
{
    std::erase_if(hooks_, [&](const auto& item) {
        const bool there = std::ranges::any_of(
            all, [&](const auto& stored) { return stored.document.value("id", "") == item.first; });
        if (there) return false;
        if (auto done = remove_deliveries(store_, item.first); !done) {
            log_message(Level::error, done.error().detail);
        }
        return true;
    });
}

void Deliverer::read_journal()
{
    more_to_read_ = false;
    std::uint64_t lost = 0;
    for (auto& [id, hook] : hooks_) {
        guarded(id, [&, &feed = hook] {
            const auto more = feed.read(journal_, options_.now_ms(), lost);
            if (!more) log_message(Level::error, more.error().detail);
            more_to_read_ = more_to_read_ || (more && *more);
        });
    }
    facts_.lost += lost;
}

/// Webhooks take turns, so that none takes all the places.
void Deliverer::launch()
{
    auto hook = hooks_.upper_bound(turn_);
    std::size_t idle = 0;
    while (idle < hooks_.size() && flights_.size() < kInFlight) {
        if (hook == hooks_.end()) hook = hooks_.begin();
        bool launched = false;
        guarded(hook->first, [&] { launched = launch_one(hook->second); });
        idle = launched ? 0 : idle + 1;
        turn_ = hook->first;
        ++hook;
    }
}

bool Deliverer::full(const WebhookFeed& hook)
{
    return hook.in_flight >= kInFlightOfOne || hook.unwritten() >= kMaxUnwritten;
}

bool Deliverer::launch_one(WebhookFeed& hook)
{
    if (!hook.enabled() || full(hook)) return false;
    const auto due = hook.queue().take(options_.now_ms());
    if (!due) return false;
    auto body = journal_.text(due->item.number);
    if (!body) {
        hook.queue().postpone(due->channel, options_.now_ms() + kRetryMs);
        log_message(Level::error, body.error().detail);
        return false;
    }
    if (!*body) {
        ++facts_.lost;
        hook.record_lost(due->item.number, 1, options_.now_ms());
        hook.queue().delivered(due->channel);
        return true;
    }
    const auto attempt_id = hook.id() + "-" + std::to_string(due->item.number) + "-" +
                            std::to_string(due->attempt) + "-" + random_hex(4);
    Flight flight{.webhook = hook.id(),
                  .generation = hook.generation(),
                  .channel = due->channel,
                  .event = facts_of(**body),
                  .attempt = due->attempt,
                  .job = nullptr};
    ++hook.in_flight;
    send(hook, std::move(flight), std::move(**body), attempt_id);
    return true;
}

void Deliverer::send(WebhookFeed& hook, Flight flight, std::string body,
                     std::string_view attempt_id)
{
    const auto tag = ++last_tag_;
    auto request =
        hook.request(tag, flight.event, std::move(body), attempt_id, options_.now_ms() / 1000);
    flights_.emplace(tag, std::move(flight));
    sender_->send(std::move(request));
}

void Deliverer::launch_jobs()
{
    std::deque<std::shared_ptr<Job>> jobs;
    {
        const std::lock_guard lock(mutex_);
        jobs.swap(jobs_);
    }
    for (const auto& job : jobs) guarded(job->webhook, [&] { start_job(job); });
}

void Deliverer::start_job(const std::shared_ptr<Job>& job)
{
    const auto hook = hooks_.find(job->webhook);
    if (hook == hooks_.end()) {
        return job->answer.set_value(fail(Errc::not_found, "there is no such webhook"));
    }
    std::string body;
    if (job->number == 0) {
        const Event event{"webhook.test", {}, options_.now_ms(), {{"webhook", job->webhook}}};
        body = journal_.apart(event).dump();
    } else {
        auto kept = journal_.text(job->number);
        if (!kept) return job->answer.set_value(tl::unexpected(kept.error()));
        if (!*kept) {
            return job->answer.set_value(fail(Errc::gone, "the event is no longer in the journal"));
        }
        body = std::move(**kept);
    }
    Flight flight{.webhook = job->webhook,
                  .generation = hook->second.generation(),
                  .channel = {},
                  .event = facts_of(body),
                  .attempt = 1,
                  .job = job};
    send(hook->second, std::move(flight), std::move(body), job->webhook + "-" + random_hex(8));
}

void Deliverer::land(const Sent& sent)
{
    const auto found = flights_.find(sent.tag);
    if (found == flights_.end()) return;
    const auto flight = std::move(found->second);
    flights_.erase(found);
    ++(accepted(sent) ? facts_.delivered : facts_.failed);
    if (flight.job) return land_job(flight, sent);
    const auto hook = hooks_.find(flight.webhook);
    if (hook == hooks_.end() || hook->second.generation() != flight.generation) return;
    --hook->second.in_flight;
    guarded(flight.webhook, [&] { judge(hook->second, flight, sent); });
}

void Deliverer::land_job(const Flight& flight, const Sent& sent)
{
    flight.job->answer.set_value(json{{"delivered", accepted(sent)},
                                      {"code", sent.status == 0 ? json() : json(sent.status)},
                                      {"error", accepted(sent) ? json() : json(error_of(sent))},
                                      {"ms", sent.ms},
                                      {"event_id", flight.event.id}});
}

void Deliverer::judge(WebhookFeed& hook, const Flight& flight, const Sent& sent)
{
    const auto now = options_.now_ms();
    auto outcome = outcome_of(sent, flight.attempt, now);
    if (accepted(sent)) {
        outcome["status"] = "delivered";
        hook.queue().delivered(flight.channel);
    } else if (disabled_by(hook, sent)) {
        outcome["status"] = "refused";
        hook.queue().put_back(flight.channel);
    } else if (hook.queue().failed(
                   flight.channel, now,
                   options_.back_off.delay_ms(flight.attempt, sent.retry_after_s))) {
        outcome["status"] = "gave_up";
        ++facts_.gave_up;
        note_gave_up(hook, flight, error_of(sent), now);
    } else {
        outcome["status"] = "retrying";
        outcome["next_attempt_at_ms"] = hook.queue().next_attempt_ms(flight.channel);
    }
    hook.record(flight.event, std::move(outcome));
}

/// True when the receiver said that it is gone, and the webhook is disabled now.
bool Deliverer::disabled_by(const WebhookFeed& hook, const Sent& sent)
{
    constexpr long kGone = 410;
    if (sent.status != kGone) return false;
    const auto done = webhooks_.disable(hook.id(), error_of(sent));
    if (!done) log_message(Level::error, done.error().detail);
    return done.has_value();
}

void Deliverer::note_gave_up(WebhookFeed& hook, const Flight& flight, const std::string& reason,
                             std::int64_t now_ms)
{
    // Two that can't be reached would tell each other of it for ever.
    if (flight.event.type.starts_with("webhook.")) return;
    hook.note(journal_.entry({"webhook.gave_up",
                              {},
                              now_ms,
                              {{"webhook", hook.id()},
                               {"number", flight.event.number},
                               {"event_id", flight.event.id},
                               {"attempts", flight.attempt},
                               {"reason", reason}}}));
}

void Deliverer::write_down(bool all)
{
    for (auto& [id, hook] : hooks_) {
        guarded(id, [&, &feed = hook] { write_down(feed, all); });
    }
}

void Deliverer::write_down(WebhookFeed& hook, bool all)
{
    const auto now = options_.now_ms();
    const bool failing = hook.write_from_ms > now + kWriteEveryMs;
    // A clock that was set back must not hold it for longer.
    const bool rested = now >= hook.write_from_ms || hook.write_from_ms > now + kRetryMs;
    const bool many = !failing && hook.unwritten() >= kManyRecords;
    if (!all && !rested && !many) return;
    while (hook.must_write()) {
        const bool last = hook.unwritten() < kManyRecords;
        const auto done = hook.write(store_);
        hook.write_from_ms = now + (done ? kWriteEveryMs : kRetryMs);
        if (!done) {
            // Another document by now: reload, and try again.
            const bool other = done.error().code == Errc::precondition;
            changed_ = changed_ || other;
            if (!other) log_message(Level::error, done.error().detail);
        }
        if (!done || last) return;
    }
}

void Deliverer::count()
{
    const auto newest = journal_.newest().value_or(0);
    std::uint64_t needed = UINT64_MAX;
    std::uint64_t backlog = 0;
    std::int64_t oldest = INT64_MAX;
    for (const auto& [id, hook] : hooks_) {
        if (!hook.enabled()) continue;
        const auto& queue = hook.queue();
        const auto from = queue.needed_from();
        needed = std::min(needed, from);
        backlog += newest >= from ? newest - from + 1 : 0;
        oldest = std::min(oldest, queue.oldest_ts_ms().value_or(INT64_MAX));
    }
    if (!changed_ && reload_at_ms_ == 0) needed_from_ = needed;
    facts_.backlog = backlog;
    facts_.oldest_ts_ms = oldest == INT64_MAX ? 0 : oldest;
    facts_.in_flight = flights_.size();
}

/// Until something falls due: an attempt, or what waits to be written.
std::chrono::milliseconds Deliverer::until_next(std::chrono::milliseconds limit) const
{
    if (more_to_read_ || changed_) return std::chrono::milliseconds(0);
    const auto now = options_.now_ms();
    auto wait = static_cast<std::int64_t>(limit.count());
    for (const auto& [id, hook] : hooks_) {
        if (hook.must_write()) wait = std::min(wait, kWriteEveryMs);
        const bool waits = full(hook) || flights_.size() >= kInFlight;
        const auto due = waits ? std::nullopt : hook.queue().next_due_ms();
        if (due) wait = std::min(wait, *due - now);
    }
    return std::chrono::milliseconds(std::max<std::int64_t>(wait, 0));
}

Result<json> Deliverer::ask(std::string webhook, std::uint64_t number)
{
    auto job = std::make_shared<Job>();
    job->webhook = std::move(webhook);
    job->number = number;
    auto answer = job->answer.get_future();
    {
        const std::lock_guard lock(mutex_);
        if (asking_ >= kMaxJobs) {
            return fail(Errc::unavailable, "other deliveries are being tried: try again");
        }
        ++asking_;
        jobs_.push_back(job);
    }
    sender_->wake();
    job.reset();
    const bool ready = answer.wait_for(kAnswerWithin) == std::future_status::ready;
    {
        const std::lock_guard lock(mutex_);
        --asking_;
    }
    if (!ready) return fail(Errc::unavailable, "the delivery takes too long");
    try {
        return answer.get();
    } catch (const std::future_error&) {
        return fail(Errc::unavailable, "the service is ending");
    }
}

Result<json> Deliverer::test(const std::string& webhook)
{
    return ask(webhook, 0);
}

Result<json> Deliverer::redeliver(const std::string& webhook, std::uint64_t number)
{
    return ask(webhook, number);
}

}  // namespace sluice::control::events
