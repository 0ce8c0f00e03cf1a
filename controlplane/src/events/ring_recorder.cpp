#include "ring_recorder.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "../store/schema.hpp"

namespace sluice::control::events {
namespace {

using nlohmann::json;
namespace schema = store::schema;

constexpr std::string_view kStarted = "stream.started";
constexpr std::string_view kStopped = "stream.stopped";
constexpr std::size_t kLongestChannel = 256;

std::string_view boot_of(std::string_view position)
{
    return position.substr(0, position.rfind('-'));
}

std::uint64_t seq_of(std::string_view position)
{
    std::uint64_t seq = 0;
    const auto digits = position.substr(std::min(position.rfind('-') + 1, position.size()));
    std::from_chars(digits.data(), digits.data() + digits.size(), seq);
    return seq;
}

std::string live_key(std::string_view channel)
{
    return std::string(schema::kRingLive).append(channel);
}

std::string text_of(const json& event, const char* name)
{
    const auto value = event.value(name, json());
    return value.is_string() ? value.get<std::string>() : std::string();
}

/// nginx's events are flat; those that are posted to it have their data apart.
Event event_of(const json& told, std::int64_t now_ms)
{
    Event event{text_of(told, "type"), text_of(told, "channel"), now_ms, told, true};
    const auto at = told.value("ts_ms", json());
    if (at.is_number_integer()) event.ts_ms = at.get<std::int64_t>();
    const auto data = told.value("data", json());
    if (data.is_object()) event.data = data;
    for (const auto* name : {"type", "channel", "ts_ms"}) event.data.erase(name);
    // What a stranger typed is no channel: each name would be a sequence of its own for ever.
    const auto reason = text_of(event.data, "reason");
    const bool typed =
        event.type == "stream.rejected" && (reason == "unknown_channel" || reason == "bad_name");
    if (typed || event.channel.size() > kLongestChannel) {
        event.data["name"] = std::exchange(event.channel, {});
    }
    return event;
}

}  // namespace

Result<void> RingRecorder::load()
{
    auto entry = store_.get(schema::kRingPosition);
    if (!entry) return tl::unexpected(entry.error());
    if (*entry) {
        const auto kept = json::parse((*entry)->value, nullptr, false);
        if (!kept.is_object()) return fail(Errc::internal, "the place in the ring is damaged");
        position_ = kept.at("position");
        settle_ = kept.at("settle");
        settled_ms_ = kept.at("settled_ms");
        flood_.restore(kept.at("held"));
    }
    std::string after;
    while (true) {
        auto page = store_.list(schema::kRingLive, after, 1000);
        if (!page) return tl::unexpected(page.error());
        for (const auto& item : page->items) {
            live_.insert(item.key.substr(schema::kRingLive.size()));
        }
        if (!page->more) return {};
        after = page->items.back().key;
    }
}

Result<void> RingRecorder::begin(const std::string& boot, std::int64_t now_ms)
{
    if (boot_of(position_) != boot || position_.empty()) {
        if (auto done = commit(); !done) return done;
        const auto before = std::exchange(position_, boot + "-0");
        moved_ = true;
        settled_ms_ = 0;
        if (!before.empty()) {
            settle_ = kAllStopped;
            const json data{{"reason", "nginx_restarted"}, {"after", before}, {"count", nullptr}};
            waiting_.push_back({{"events.lost", {}, now_ms, data}});
        }
        if (auto done = commit(); !done) return done;
    }
    return settle_ == kAllStopped ? settle_to({}, 0, now_ms) : Result<void>{};
}

Result<bool> RingRecorder::hear(const Message& message, std::int64_t now_ms)
{
    if (auto done = make_room(); !done) return tl::unexpected(done.error());
    if (message.type == "reset") return reset(message, now_ms);
    position_ = message.id;
    moved_ = true;
    const auto told = json::parse(message.data, nullptr, false);
    if (!told.is_object() || text_of(told, "type").empty()) return true;
    // Only what the journal has already carries an id: it came from here.
    if (told.contains("id")) return true;
    auto event = event_of(told, now_ms);
    if (told_already(event) || !flood_.pass(event)) return true;
    return add(std::move(event)).map([] { return true; });
}

/// The message's id is the newest event that the ring has: everything up to it is lost.
Result<bool> RingRecorder::reset(const Message& message, std::int64_t now_ms)
{
    if (boot_of(message.id) != boot_of(position_)) return false;
    const auto before = position_;
    position_ = message.id;
    settle_ = kByStreams;
    moved_ = true;
    const auto first = seq_of(before);
    const auto last = seq_of(message.id);
    waiting_.push_back({{"events.lost",
                         {},
                         now_ms,
                         {{"reason", "overrun"},
                          {"after", before},
                          {"count", last > first ? json(last - first) : json()}}}});
    return commit().map([] { return true; });
}

/// What the list of streams has told before the ring did.
bool RingRecorder::told_already(const Event& event) const
{
    if (event.ts_ms > settled_ms_) return false;
    const bool live = live_.contains(event.channel);
    return (event.type == kStarted && live) || (event.type == kStopped && !live);
}

/// While a whole batch could not be written nothing more is taken: the store takes no larger one.
Result<void> RingRecorder::make_room()
{
    return waiting_.size() < kBatch ? Result<void>{} : commit();
}

Result<void> RingRecorder::add(Event event)
{
    if (auto done = make_room(); !done) return done;
    // Who takes a stream over says so and starts: it is live all the time.
    const bool replaced = text_of(event.data, "reason") == "replaced";
    Waiting waiting{std::move(event)};
    waiting.live = waiting.event.type == kStarted;
    waiting.says = waiting.live || (waiting.event.type == kStopped && !replaced);
    if (waiting.says && waiting.live) live_.insert(waiting.event.channel);
    if (waiting.says && !waiting.live) live_.erase(waiting.event.channel);
    waiting_.push_back(std::move(waiting));
    return make_room();
}

Result<void> RingRecorder::settle(const json& streams, std::int64_t now_ms)
{
    std::set<std::string, std::less<>> live;
    const auto list = streams.value("streams", json::array());
    for (const auto& stream : list) {
        if (text_of(stream, "state") == "live") live.insert(text_of(stream, "id"));
    }
    return settle_to(live, streams.value("now_ms", now_ms), now_ms);
}

/// May be cut off and begun again: each step brings the journal nearer to `live`.
Result<void> RingRecorder::settle_to(const std::set<std::string, std::less<>>& live,
                                     std::int64_t at_ms, std::int64_t now_ms)
{
    const json data{{"reconciled", true}};
    const auto before = live_;
    for (const auto& channel : before) {
        if (live.contains(channel)) continue;
        if (auto done = add({std::string(kStopped), channel, now_ms, data, false}); !done)
            return done;
    }
    for (const auto& channel : live) {
        if (before.contains(channel)) continue;
        if (auto done = add({std::string(kStarted), channel, now_ms, data, false}); !done)
            return done;
    }
    settle_.clear();
    settled_ms_ = at_ms;
    moved_ = true;
    return commit();
}

Result<void> RingRecorder::flush(std::int64_t now_ms)
{
    const bool rested = now_ms - stored_at_ms_ >= kIdleMs || now_ms < stored_at_ms_;
    if (waiting_.empty() && !rested) return {};
    if (auto done = waiting_.empty() ? Result<void>{} : commit(); !done) return done;
    // No more of them than a transaction holds, as long as nothing else waits.
    for (auto& sum : flood_.due(now_ms)) waiting_.push_back({std::move(sum)});
    stored_at_ms_ = now_ms;
    return commit();
}

Result<void> RingRecorder::commit()
{
    if (waiting_.empty() && !moved_) return {};
    std::vector<store::Operation> work;
    std::map<std::string, bool> says;
    for (const auto& waiting : waiting_) {
        work.push_back(journal_.entry(waiting.event));
        if (waiting.says) says[live_key(waiting.event.channel)] = waiting.live;
    }
    for (const auto& [key, live] : says) {
        work.push_back(live ? store::put(key, "") : store::remove(key));
    }
    const json kept{{"position", position_},
                    {"settle", settle_},
                    {"settled_ms", settled_ms_},
                    {"held", flood_.held()}};
    work.push_back(store::put(std::string(schema::kRingPosition),
                              kept.dump(-1, ' ', false, json::error_handler_t::replace)));
    auto done = store_.commit(std::move(work));
    if (!done) return tl::unexpected(done.error());
    waiting_.clear();
    moved_ = false;
    return {};
}

}  // namespace sluice::control::events
