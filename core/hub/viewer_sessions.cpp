#include "viewer_sessions.hpp"

#include <array>
#include <cstring>
#include <vector>

#include "keyed_hash.hpp"

namespace sluice::hub {
namespace {

constexpr std::int64_t kCountEveryMs = 1000;
constexpr std::uint32_t kRunMask = 0x1ffff;
constexpr std::uint32_t kStreamMask = 0xfff;
/// For so long a place is kept for whoever takes it and may have died: 64 to 128 ms.
constexpr std::uint32_t kTakingSteps = 2;

/// Watched::until's clock. It wraps after 8 years: times are compared by their distance.
std::uint32_t clock_of(std::int64_t now_ms)
{
    return static_cast<std::uint32_t>(now_ms / 64);
}

std::uint32_t run_of(const StreamRecord& stream)
{
    return static_cast<std::uint32_t>(stream.run.load() & kRunMask);
}

std::size_t count_index(Protocol protocol)
{
    return static_cast<std::size_t>(protocol) - kConnectionProtocols;
}

bool lasts(const Watched& watched, std::uint32_t now)
{
    return watched.protocol != Protocol{} && static_cast<std::int32_t>(watched.until - now) > 0;
}

bool same_thing(const Watched& a, const Watched& b)
{
    return a.run == b.run && a.stream == b.stream && a.protocol == b.protocol;
}

/// What a request asks of the table.
struct Wanted {
    Watched watched;
    Watched taking;  ///< says in a place that it is being taken for this viewer
    std::uint64_t key = 0;
    std::uint32_t now = 0;
};

Wanted wanted_by(const Zone& zone, const StreamRecord& stream, Protocol protocol,
                 std::string_view viewer, std::int64_t now_ms, std::int64_t lifetime_ms)
{
    Wanted wanted{.watched = {.until = clock_of(now_ms + lifetime_ms) + 1,
                              .run = run_of(stream),
                              .stream = zone.index_of(stream),
                              .protocol = protocol},
                  .now = clock_of(now_ms)};
    const auto* key = zone.header().hash_key;
    auto what = wanted.watched;
    what.until = 0;
    const std::array<std::uint64_t, 2> both{what.pack(), keyed_hash(viewer, key)};
    std::array<char, sizeof(both)> bytes{};
    std::memcpy(bytes.data(), both.data(), sizeof(both));
    wanted.key = keyed_hash({bytes.data(), bytes.size()}, key);
    wanted.taking = {.until = wanted.now + kTakingSteps,
                     .run = static_cast<std::uint32_t>(wanted.key >> 12 & kRunMask),
                     .stream = static_cast<std::uint32_t>(wanted.key & kStreamMask),
                     .protocol = Watched::kTaking};
    return wanted;
}

enum class Holds : std::uint8_t { nothing, other, taking, session };

/// An entry as it was seen.
struct Place {
    SessionEntry* entry = nullptr;
    std::uint64_t word = 0;
    std::uint64_t key = 0;
    Holds holds = Holds::nothing;  ///< of the viewer, or of others; nothing: it is over, or free
};

Place look_at(SessionEntry& entry, const Wanted& wanted)
{
    Place place{.entry = &entry, .word = entry.watched.load()};
    place.key = entry.key.load();  // after the word: a session that has begun has its key
    const auto watched = Watched::unpack(place.word);
    if (!lasts(watched, wanted.now)) return place;
    place.holds = Holds::other;
    if (same_thing(watched, wanted.taking)) place.holds = Holds::taking;
    if (place.key == wanted.key && same_thing(watched, wanted.watched))
        place.holds = Holds::session;
    return place;
}

/// How good a place that holds nothing is: the viewer's own from before, a free one, the one that
/// was over first.
std::uint64_t worth(const Place& place, const Wanted& wanted)
{
    constexpr std::uint64_t kFree = std::uint64_t{1} << 32;
    if (place.key == wanted.key) return kFree + 1;
    return place.word == 0 ? kFree : wanted.now - Watched::unpack(place.word).until;
}

/// The places a key may have: two buckets, by turns. As each fills from its start, the first free
/// place is in the emptier one; so nearly nine tenths of the table fill before a place is missing.
SessionEntry& place_of(const Zone& zone, std::uint64_t key, std::uint32_t i)
{
    const auto buckets = zone.header().sessions / kSessionBucket;
    const auto half = static_cast<std::uint32_t>(i % 2 == 0 ? key : key >> 32);
    return zone.session(half % buckets * kSessionBucket + i / 2);
}

/// The viewer's session, else the best place for one, else none.
Place look_up(const Zone& zone, const Wanted& wanted)
{
    Place best;
    for (std::uint32_t i = 0; i < 2 * kSessionBucket; ++i) {
        const auto place = look_at(place_of(zone, wanted.key, i), wanted);
        if (place.holds == Holds::session || place.holds == Holds::taking) return place;
        if (place.holds == Holds::other) continue;
        if (best.entry == nullptr || worth(place, wanted) > worth(best, wanted)) best = place;
    }
    return best;
}

/// Lets the viewer's session last at least until the wanted time. False when it has changed.
bool prolong(const Place& place, const Wanted& wanted)
{
    if (!lasts(wanted.watched, Watched::unpack(place.word).until)) return true;
    auto word = place.word;
    return place.entry->watched.compare_exchange_strong(word, wanted.watched.pack());
}

/// Begins a session: takes the place, says for whom, says what it watches. Another process with a
/// request of the same viewer goes on where this one is; who dies inside has counted nobody. False
/// when the place has changed.
bool take(const Place& place, const Wanted& wanted)
{
    auto [entry, word, key, holds] = place;
    if (holds != Holds::taking) {
        const auto taking = wanted.taking.pack();
        if (!entry->watched.compare_exchange_strong(word, taking)) return false;
        word = taking;
    }
    if (!entry->key.compare_exchange_strong(key, wanted.key) && key != wanted.key) return false;
    return entry->watched.compare_exchange_strong(word, wanted.watched.pack());
}

/// A session that was over and still in the counts is replaced in them, too.
void count_in(const Zone& zone, StreamRecord& stream, const Place& place, const Watched& watched)
{
    if (place.word == 0 || place.holds == Holds::taking) zone.header().sessions_used.fetch_add(1);
    if (place.word != 0 && same_thing(Watched::unpack(place.word), watched)) return;
    stream.sessions[count_index(watched.protocol)].fetch_add(1);
}

/// Sessions of one stream.
struct Tally {
    std::uint32_t run = 0;
    std::array<std::uint32_t, kSessionProtocols> counts{};
};

/// A new run has begun its count itself.
void publish(StreamRecord& stream, const Tally& tally)
{
    if (run_of(stream) != tally.run) return;
    for (std::size_t i = 0; i < kSessionProtocols; ++i) {
        // Most have not changed: their lines stay in the other workers' caches.
        if (stream.sessions[i].load() != tally.counts.at(i))
            stream.sessions[i].store(tally.counts.at(i));
    }
}

}  // namespace

Noted note_request(const Zone& zone, StreamRecord& stream, Protocol protocol,
                   std::string_view viewer, std::int64_t now_ms, std::int64_t lifetime_ms)
{
    if (stream.run.load() == 0) return Noted::unpublished;
    const auto wanted = wanted_by(zone, stream, protocol, viewer, now_ms, lifetime_ms);
    constexpr int kAttempts = 16;  // each fails only when another process changed the same place
    for (int i = 0; i < kAttempts; ++i) {
        const auto place = look_up(zone, wanted);
        if (place.entry == nullptr) break;
        if (place.holds == Holds::session) {
            if (prolong(place, wanted)) return Noted::known;
        } else if (take(place, wanted)) {
            count_in(zone, stream, place, wanted.watched);
            return Noted::entered;
        }
    }
    zone.header().sessions_dropped.fetch_add(1);
    return Noted::full;
}

bool is_noted(const Zone& zone, const StreamRecord& stream, Protocol protocol,
              std::string_view viewer, std::int64_t now_ms)
{
    const auto wanted = wanted_by(zone, stream, protocol, viewer, now_ms, 0);
    return look_up(zone, wanted).holds == Holds::session;
}

void keep_sessions(const Zone& zone, std::int64_t now_ms)
{
    auto& counted_ms = zone.header().sessions_counted_ms;
    auto last = counted_ms.load();
    if (now_ms - last < kCountEveryMs || !counted_ms.compare_exchange_strong(last, now_ms)) return;
    count_sessions(zone, now_ms);
}

void count_sessions(const Zone& zone, std::int64_t now_ms)
{
    const auto& header = zone.header();
    const auto now = clock_of(now_ms);
    std::vector<Tally> tallies(header.streams);
    for (std::uint32_t i = 0; i < header.streams; ++i) tallies[i].run = run_of(zone.stream(i));
    std::uint32_t used = 0;
    for (std::uint32_t i = 0; i < header.sessions; ++i) {
        auto& entry = zone.session(i);
        auto word = entry.watched.load(std::memory_order_relaxed);
        if (word == 0) continue;
        const auto watched = Watched::unpack(word);
        if (!lasts(watched, now)) {
            entry.watched.compare_exchange_strong(word, 0);
            continue;
        }
        if (watched.protocol == Watched::kTaking) continue;
        ++used;
        auto& tally = tallies[watched.stream];
        if (tally.run == watched.run) ++tally.counts.at(count_index(watched.protocol));
    }
    for (std::uint32_t i = 0; i < header.streams; ++i) publish(zone.stream(i), tallies[i]);
    zone.header().sessions_used.store(used);
}

}  // namespace sluice::hub
