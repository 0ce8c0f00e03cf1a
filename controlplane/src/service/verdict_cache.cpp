#include "verdict_cache.hpp"

namespace sluice::control {

std::optional<Verdict> VerdictCache::find(const std::string& question, std::int64_t now_ms)
{
    const auto place = places_.find(question);
    if (place == places_.end()) return std::nullopt;
    const auto entry = place->second;
    if (entry->end->first <= now_ms) {
        erase(entry);
        return std::nullopt;
    }
    entries_.splice(entries_.begin(), entries_, entry);
    return entry->verdict;
}

void VerdictCache::put(const std::string& question, const Verdict& verdict, std::int64_t now_ms,
                       std::int64_t until_ms)
{
    if (const auto place = places_.find(question); place != places_.end()) erase(place->second);
    while (!ends_.empty() && ends_.begin()->first <= now_ms) erase(ends_.begin()->second);
    entries_.push_front({question, verdict, {}});
    entries_.front().end = ends_.emplace(until_ms, entries_.begin());
    places_[question] = entries_.begin();
    if (entries_.size() > most_) erase(std::prev(entries_.end()));
}

void VerdictCache::erase(Entries::iterator entry)
{
    ends_.erase(entry->end);
    places_.erase(entry->question);
    entries_.erase(entry);
}

}  // namespace sluice::control
