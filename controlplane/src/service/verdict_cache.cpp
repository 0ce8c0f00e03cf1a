#include "verdict_cache.hpp"

namespace sluice::control {

std::optional<Verdict> VerdictCache::find(const std::string& question, std::int64_t now_ms)
{
    const auto place = places_.find(question);
    if (place == places_.end()) return std::nullopt;
    if (place->second->until_ms <= now_ms) {
        entries_.erase(place->second);
        places_.erase(place);
        return std::nullopt;
    }
    entries_.splice(entries_.begin(), entries_, place->second);
    return entries_.front().verdict;
}

void VerdictCache::put(const std::string& question, const Verdict& verdict, std::int64_t until_ms)
{
    if (const auto place = places_.find(question); place != places_.end()) {
        entries_.erase(place->second);
        places_.erase(place);
    }
    entries_.push_front({question, verdict, until_ms});
    places_[question] = entries_.begin();
    if (entries_.size() <= most_) return;
    places_.erase(entries_.back().question);
    entries_.pop_back();
}

}  // namespace sluice::control
