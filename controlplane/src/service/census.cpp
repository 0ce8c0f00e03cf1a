#include "census.hpp"

#include <charconv>
#include <sstream>

#include "../store/schema.hpp"
#include "audit_log.hpp"
#include "backups.hpp"
#include "idempotency.hpp"
#include "sessions.hpp"

namespace sluice::control {
namespace {

namespace schema = store::schema;

constexpr std::size_t kPage = 1000;
constexpr std::chrono::minutes kEvery{1};

void gauge(std::ostream& out, std::string_view name, std::string_view help, std::uint64_t value)
{
    out << "# HELP " << name << ' ' << help << "\n# TYPE " << name << " gauge\n"
        << name << ' ' << value << '\n';
}

std::uint64_t number_of(const store::Page& page, std::string_view log)
{
    const auto& key = page.items.front().key;
    std::uint64_t number = 0;
    std::from_chars(key.data() + log.size(), key.data() + key.size(), number);
    return number;
}

/// Numbers of a log have no gaps, and the oldest go first.
std::uint64_t length_of(const store::Store& store, std::string_view log)
{
    const auto first = store.list(log, "", 1);
    const auto last = store.list_back(log, "", 1);
    if (!first || !last || first->items.empty() || last->items.empty()) return 0;
    return number_of(*last, log) - number_of(*first, log) + 1;
}

std::uint64_t files_in(const std::filesystem::path& folder)
{
    std::uint64_t count = 0;
    std::error_code error;
    for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
         it.increment(error)) {
        if (it->path().extension() == ".mdb") ++count;
    }
    return count;
}

}  // namespace

std::uint64_t Census::count(std::string_view folder, Clock::time_point now)
{
    const std::lock_guard lock(mutex_);
    auto& known = counts_[std::string(folder)];
    if (known.known && now - known.at < kEvery) return known.keys;
    const auto change = store_.last_change(folder);
    if (!change || (known.known && *change == known.change)) return known.keys;
    std::uint64_t keys = 0;
    std::string after;
    while (true) {
        const auto page = store_.list(folder, after, kPage);
        if (!page) return known.keys;
        keys += page->items.size();
        if (!page->more) break;
        after = page->items.back().key;
    }
    known = {keys, *change, now, true};
    return keys;
}

std::string Census::metrics(std::uint64_t max_events, Clock::time_point now)
{
    std::ostringstream out;
    gauge(out, "sluice_events", "Events in the journal.", length_of(store_, schema::kEvents));
    gauge(out, "sluice_events_max", "Events that the journal keeps: the setting events.max_count.",
          max_events);
    gauge(out, "sluice_audit_entries", "Entries in the audit log.",
          length_of(store_, schema::kAudit));
    gauge(out, "sluice_audit_entries_max", "Entries that the audit log keeps.",
          AuditLog::kMaxEntries);
    gauge(out, "sluice_sessions", "Sessions of users, at most a minute old.",
          count(schema::kSessions, now));
    gauge(out, "sluice_sessions_max", "Sessions there may be.", Sessions::kMaxInAll);
    gauge(out, "sluice_idempotency_answers",
          "Answers kept for an Idempotency-Key, for a day, at most a minute old.",
          count(schema::kIdempotency, now));
    gauge(out, "sluice_idempotency_answers_max", "Answers that may be kept.",
          Idempotency::kMost + Idempotency::kSlack);
    gauge(out, "sluice_backups", "Backups in the folder.", files_in(backups_));
    gauge(out, "sluice_backups_max", "Backups that people may make.", Backups::kMaxKept);
    return out.str();
}

}  // namespace sluice::control
