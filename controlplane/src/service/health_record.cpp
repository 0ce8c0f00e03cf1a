#include "health_record.hpp"

#include <utility>

#include "../store/schema.hpp"
#include "timestamp.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
namespace schema = store::schema;

constexpr std::size_t kPage = 1000;

/// The reason of a degraded stream, in words of the same kind as nginx's own `gop_exceeds_ring`.
const char* reason_of(HealthRule rule)
{
    switch (rule) {
        case HealthRule::bitrate:
            return "bitrate_low";
        case HealthRule::fps:
            return "fps_low";
        case HealthRule::keyframe_interval:
            return "keyframe_late";
        case HealthRule::av_drift:
            return "av_drift";
        case HealthRule::silence:
            break;
    }
    return "silence";
}

json data_of(const HealthChange& change)
{
    return {{"rule", name_of(change.rule)},
            {"value", rounded(change.value)},
            {"threshold", rounded(change.threshold)},
            {"reason", reason_of(change.rule)}};
}

std::string key_of(const std::string& channel)
{
    return std::string(schema::kRingHealth).append(channel);
}

/// What is kept of a stream. Times are those of the wall: the monotonic clock ends with the
/// machine.
std::string text_of(const HealthBook::Open& open, std::int64_t wall_ahead_ms)
{
    json breaches = json::array();
    for (const auto& breach : open.breaches) {
        breaches.push_back({{"rule", name_of(breach.rule)},
                            {"value", breach.value},
                            {"threshold", breach.threshold},
                            {"since_ms", breach.since_ms + wall_ahead_ms}});
    }
    return json{{"boot", open.boot}, {"breaches", breaches}}.dump();
}

HealthBook::Open open_of(const std::string& text, std::int64_t wall_ahead_ms)
{
    const auto kept = json::parse(text);
    HealthBook::Open open{.boot = kept.at("boot"), .breaches = {}};
    for (const auto& item : kept.at("breaches")) {
        const auto rule = rule_named(item.at("rule").get<std::string>());
        if (!rule) continue;
        open.breaches.push_back({*rule, item.at("value"), item.at("threshold"),
                                 item.at("since_ms").get<std::int64_t>() - wall_ahead_ms});
    }
    return open;
}

/// Changes when a breach opens or ends, and not with each new value.
std::string mark_of(const HealthBook::Open& open)
{
    std::string mark = open.boot;
    for (const auto& breach : open.breaches) mark.append(" ").append(name_of(breach.rule));
    return mark;
}

}  // namespace

Result<void> HealthRecord::load(HealthBook& book, std::int64_t now_ms)
{
    std::string after;
    while (true) {
        auto page = store_.list(schema::kRingHealth, after, kPage);
        if (!page) return tl::unexpected(page.error());
        for (const auto& item : page->items) {
            const auto channel = item.key.substr(schema::kRingHealth.size());
            const auto open = open_of(item.value, control::now_ms() - now_ms);
            book.restore(channel, open, now_ms);
            stored_[channel] = mark_of(open);
        }
        if (!page->more) return {};
        after = page->items.back().key;
    }
}

Result<void> HealthRecord::commit(const std::vector<HealthBook::Change>& changes,
                                  const HealthBook& book, std::int64_t now_ms)
{
    const auto wall_ms = control::now_ms();
    std::vector<store::Operation> work;
    for (const auto& [channel, what] : changes) {
        work.push_back(
            journal_.entry({.type = what.degraded ? "stream.degraded" : "stream.recovered",
                            .channel = channel,
                            .ts_ms = wall_ms,
                            .data = data_of(what)}));
    }
    Texts marks;
    for (const auto& [channel, open] : book.open()) {
        const auto& mark = marks[channel] = mark_of(open);
        const auto known = stored_.find(channel);
        if (known != stored_.end() && known->second == mark) continue;
        work.push_back(store::put(key_of(channel), text_of(open, wall_ms - now_ms)));
    }
    for (const auto& [channel, mark] : stored_) {
        if (!marks.contains(channel)) work.push_back(store::remove(key_of(channel)));
    }
    if (work.empty()) return {};
    // As many as nginx has streams, when its uplink breaks down.
    if (auto done = store_.commit_bulk(std::move(work)); !done) return tl::unexpected(done.error());
    stored_ = std::move(marks);
    return {};
}

}  // namespace sluice::control
