#include "authoriser.hpp"

#include <sstream>

#include "../log.hpp"
#include "../store/schema.hpp"
#include "channel_document.hpp"
#include "random.hpp"
#include "timestamp.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestReason = 200;

std::int64_t monotonic_ms()
{
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

/// What makes two questions equal, in a few bytes: a query may be long. A zero byte separates, none
/// of the parts can hold one.
std::string key_of(const std::string& url, const AuthoriseQuestion& question)
{
    std::string key = url;
    for (const auto* part :
         {&question.action, &question.channel, &question.address, &question.query}) {
        key += '\0';
        key += *part;
    }
    return sha256_hex(key);
}

std::string text_of(const json& document)
{
    // A query may hold any bytes.
    return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// The callback's own words, fit to be shown in one line: at most 200 characters, no control ones.
std::string reason_in(const std::string& body)
{
    const auto answer = json::parse(body, nullptr, false);
    if (!answer.is_object() || !answer.contains("reason") || !answer["reason"].is_string())
        return {};
    std::string reason;
    std::size_t characters = 0;
    for (const char c : answer["reason"].get<std::string>()) {
        const auto byte = static_cast<unsigned char>(c);
        const bool begins = (byte & 0xc0) != 0x80;  // UTF-8: the others continue a character
        if (begins && ++characters > kLongestReason) break;
        reason += byte < 0x20 || byte == 0x7f ? ' ' : c;
    }
    return reason;
}

void counter(std::ostream& out, const char* name, const char* help,
             std::initializer_list<std::pair<const char*, std::uint64_t>> samples)
{
    out << "# HELP " << name << ' ' << help << "\n# TYPE " << name << " counter\n";
    for (const auto& [label, value] : samples) out << name << '{' << label << "} " << value << '\n';
}

void gauge(std::ostream& out, const char* name, const char* help, std::size_t value)
{
    out << "# HELP " << name << ' ' << help << "\n# TYPE " << name << " gauge\n"
        << name << ' ' << value << '\n';
}

}  // namespace

Authoriser::Authoriser(store::Store& store, Call call, Clock clock)
    : store_(store), call_(std::move(call)), clock_(clock ? std::move(clock) : monotonic_ms)
{}

Result<Authoriser::Policy> Authoriser::policy_of(const AuthoriseQuestion& question) const
{
    auto entry = store_.get(store::schema::channel(question.channel));
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return fail(Errc::not_found, "there is no such channel");
    return from_stored(**entry).map([&](const json& channel) {
        const auto& rules = channel.at(question.action == "publish" ? "ingest" : "playback");
        Policy policy;
        if (rules.at("authorise_url").is_string()) policy.url = rules.at("authorise_url");
        policy.timeout = std::chrono::milliseconds(rules.at("authorise_timeout_ms").get<int>());
        policy.allow_on_failure = rules.at("authorise_on_failure") == "allow";
        policy.cache_ms = rules.at("authorise_cache_s").get<std::int64_t>() * 1000;
        return policy;
    });
}

void Authoriser::ask(const AuthoriseQuestion& question, const Policy& policy, Done done)
{
    if (policy.url.empty()) return done({.allowed = true});
    const auto key = key_of(policy.url, question);
    Verdict known{.allowed = policy.allow_on_failure, .failed = true};
    switch (take(key, policy, done, known)) {
        case Turn::known:
            return done(known);
        case Turn::shared:
            return;
        case Turn::call:
            break;
    }
    pool_.run(policy.url, [=, this, since_ms = clock_()] {
        finish(key, policy, call(question, policy, since_ms));
    });
}

/// What a question needs; `done` is taken when its verdict is not `known`.
Authoriser::Turn Authoriser::take(const std::string& key, const Policy& policy, Done& done,
                                  Verdict& known)
{
    const std::lock_guard lock(mutex_);
    if (const auto remembered = cache_.find(key, clock_())) {
        ++counters_.cached;
        known = *remembered;
        return Turn::known;
    }
    const bool shared = under_way_.contains(key);
    const auto here = waiting_by_server_.find(policy.url);
    const auto ahead = here == waiting_by_server_.end() ? 0 : here->second;
    if (ahead >= kMostWaiting - waiting_) {
        ++counters_.crowded;
        return Turn::known;
    }
    if (!shared && !breaker_.allows(policy.url, clock_())) {
        ++counters_.spared;
        return Turn::known;
    }
    ++waiting_;
    ++waiting_by_server_[policy.url];
    under_way_[key].push_back(std::move(done));
    if (!shared) return Turn::call;
    ++counters_.shared;
    return Turn::shared;
}

/// Never throws: others wait for the outcome.
Verdict Authoriser::call(const AuthoriseQuestion& question, const Policy& policy,
                         std::int64_t since_ms)
{
    const json body{{"action", question.action},        {"channel", question.channel},
                    {"protocol", question.protocol},    {"address", question.address},
                    {"query", question.query},          {"session", question.session},
                    {"time", format_timestamp(now_s())}};
    std::string why;
    try {
        const auto left = policy.timeout - std::chrono::milliseconds(clock_() - since_ms);
        const auto answer = left.count() <= 0 || ending_.stop_requested()
                                ? fail(Errc::unavailable, "its turn did not come in time")
                                : call_(policy.url, text_of(body), left, ending_.get_token());
        if (answer && answer->status >= 200 && answer->status < 300) {
            ++counters_.allowed;
            return {.allowed = true};
        }
        if (answer && answer->status >= 400 && answer->status < 500) {
            ++counters_.denied;
            return {.reason = reason_in(answer->body)};
        }
        why = answer ? "it answered " + std::to_string(answer->status) : answer.error().detail;
    } catch (const std::exception& e) {
        why = e.what();
    }
    ++counters_.failed;
    log(Level::error, {{"msg", "the authorise callback failed"},
                       {"channel", question.channel},
                       {"action", question.action},
                       {"error", why}});
    return {.allowed = policy.allow_on_failure, .failed = true};
}

void Authoriser::finish(const std::string& key, const Policy& policy, const Verdict& verdict)
{
    std::vector<Done> waiting;
    {
        const std::lock_guard lock(mutex_);
        const auto now = clock_();
        breaker_.note(policy.url, !verdict.failed, now);
        if (!verdict.failed && policy.cache_ms > 0) {
            cache_.put(key, verdict, now, now + policy.cache_ms);
        }
        waiting = std::move(under_way_.extract(key).mapped());
        waiting_ -= waiting.size();
        const auto here = waiting_by_server_.find(policy.url);
        if ((here->second -= waiting.size()) == 0) waiting_by_server_.erase(here);
    }
    for (const auto& done : waiting) done(verdict);
}

std::string Authoriser::metrics() const
{
    std::ostringstream out;
    counter(out, "sluice_authorise_calls_total", "Calls of authorise callbacks by their outcome.",
            {{"outcome=\"allowed\"", counters_.allowed},
             {"outcome=\"denied\"", counters_.denied},
             {"outcome=\"failed\"", counters_.failed}});
    counter(out, "sluice_authorise_without_call_total",
            "Questions that needed no call: remembered, shared with an equal one, or not asked "
            "because the server keeps failing or too many wait for it.",
            {{"why=\"cached\"", counters_.cached},
             {"why=\"shared\"", counters_.shared},
             {"why=\"spared\"", counters_.spared},
             {"why=\"crowded\"", counters_.crowded}});
    const std::lock_guard lock(mutex_);
    gauge(out, "sluice_authorise_waiting", "Questions that wait for their answer.", waiting_);
    gauge(out, "sluice_authorise_waiting_max", "Questions that may wait.", kMostWaiting);
    gauge(out, "sluice_authorise_verdicts", "Answers of callbacks that are remembered.",
          cache_.size());
    gauge(out, "sluice_authorise_verdicts_max", "Answers that may be remembered.", kMostVerdicts);
    return out.str();
}

}  // namespace sluice::control
