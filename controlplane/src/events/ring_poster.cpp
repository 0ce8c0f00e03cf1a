#include "ring_poster.hpp"

#include <algorithm>
#include <charconv>
#include <exception>
#include <string>

#include "../log.hpp"
#include "../service/timestamp.hpp"
#include "../store/schema.hpp"

namespace sluice::control::events {
namespace {

using nlohmann::json;

constexpr std::size_t kPage = 100;
constexpr std::chrono::milliseconds kWait{500};
constexpr std::int64_t kKeepEveryMs = 1000;
constexpr std::size_t kRingEntry = 1000;  ///< what an event of the ring has room for, about
constexpr std::size_t kBody = 15'000;     ///< of the 16 KiB that nginx takes at once

/// As the ring shows it.
json told(const json& event)
{
    json told{{"type", event.at("type")},
              {"ts_ms", event.at("ts_ms")},
              {"id", event.at("id")},
              {"number", event.at("number")},
              {"data", event.at("data")}};
    if (event.at("channel").is_string()) told["channel"] = event.at("channel");
    return told;
}

std::string told_text(const json& event)
{
    auto shown = told(event);
    auto text = shown.dump();
    if (text.size() <= kRingEntry) return text;
    shown["data"] = {{"truncated", true}};
    return shown.dump();
}

struct Body {
    std::string text;     ///< an array of events; empty: there is nothing to post
    std::size_t end = 0;  ///< the first event that is not considered in it
};

/// As many from `next` on as one request may carry.
Body body_of(const json& events, std::size_t next)
{
    Body body{{}, next};
    for (; body.end < events.size(); ++body.end) {
        const auto& event = events[body.end];
        if (event.value("source", "") == "nginx") continue;
        const auto text = told_text(event);
        if (!body.text.empty() && body.text.size() + text.size() > kBody) break;
        body.text += (body.text.empty() ? "[" : ",") + text;
    }
    if (!body.text.empty()) body.text += "]";
    return body;
}

}  // namespace

void RingPoster::start()
{
    thread_ = std::thread([this] { run(); });
}

void RingPoster::stop()
{
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
}

void RingPoster::run()
{
    store::Revision seen = 0;
    bool loaded = false;
    while (!stopping_) {
        Result<bool> more = false;
        try {
            if (!loaded) loaded = load().has_value();
            if (loaded) more = post_some();
            if (auto kept = keep_place(); !kept) more = tl::unexpected(kept.error());
        } catch (const std::exception& e) {
            more = fail(Errc::internal, e.what());
        }
        if (more && *more) continue;
        if (!more && more.error().code != Errc::unavailable) {
            log(Level::error,
                {{"msg", "events can't be posted to nginx"}, {"error", more.error().detail}});
        }
        // Without nginx a change of the journal is no reason to try again at once.
        if (!more) seen = store_.revision().value_or(seen);
        journal_.wait(seen, kWait);
    }
}

Result<void> RingPoster::load()
{
    auto entry = store_.get(store::schema::kRingPosted);
    if (!entry) return tl::unexpected(entry.error());
    if (*entry) {
        const auto& text = (*entry)->value;
        std::from_chars(text.data(), text.data() + text.size(), posted_);
    } else {
        auto newest = journal_.newest();
        if (!newest) return tl::unexpected(newest.error());
        posted_ = *newest;
    }
    return {};
}

/// True when there may be more at once.
Result<bool> RingPoster::post_some()
{
    const auto newest = journal_.newest();
    if (!newest) return tl::unexpected(newest.error());
    if (*newest > posted_ + kMostBehind) posted_ = *newest - kMostBehind;
    if (*newest <= posted_) return false;
    const auto events = journal_.after(posted_, kPage);
    if (!events) return tl::unexpected(events.error());
    for (std::size_t next = 0; next < events->size();) {
        if (stopping_) return false;
        const auto [body, end] = body_of(*events, next);
        if (!body.empty()) {
            if (auto done = post(body); !done) return tl::unexpected(done.error());
        }
        next = end;
        posted_ = (*events)[end - 1].at("number");
    }
    return true;
}

Result<void> RingPoster::post(const std::string& events) const
{
    auto done = nginx_.post("/-/events", events);
    if (!done && done.error().code == Errc::unavailable) return tl::unexpected(done.error());
    // One that nginx can't take must not hold up the others: the journal has it.
    const auto refused = done ? done->value("refused", json::array()) : json{done.error().detail};
    if (!refused.empty()) {
        log(Level::warn, {{"msg", "nginx does not take an event"}, {"error", refused.dump()}});
    }
    return {};
}

Result<void> RingPoster::keep_place()
{
    const auto now = now_ms();
    const bool rested = std::abs(now - kept_at_ms_) >= kKeepEveryMs;
    if (posted_ == kept_ || (!rested && !stopping_)) return {};
    auto done = store_.commit(
        {store::put(std::string(store::schema::kRingPosted), std::to_string(posted_))});
    if (!done) return tl::unexpected(done.error());
    kept_ = posted_;
    kept_at_ms_ = now;
    return {};
}

}  // namespace sluice::control::events
