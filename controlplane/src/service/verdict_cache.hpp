#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

namespace sluice::control {

/// What a callback said: whether it lets the caller in, and why not.
struct Verdict {
    bool allowed = false;
    bool failed = false;  ///< it said nothing of use: the channel's policy decided
    std::string reason;   ///< the callback's own words, for people; may be empty

    bool operator==(const Verdict&) const = default;
};

/// Verdicts by question, each until its time; the one that was used longest ago makes room. Those
/// whose time is over go when others come. Not thread-safe. Times are monotonic.
class VerdictCache {
public:
    explicit VerdictCache(std::size_t most) : most_(most) {}

    std::optional<Verdict> find(const std::string& question, std::int64_t now_ms);
    void put(const std::string& question, const Verdict& verdict, std::int64_t now_ms,
             std::int64_t until_ms);
    std::size_t size() const { return places_.size(); }

private:
    struct Entry;
    using Entries = std::list<Entry>;
    using Ends = std::multimap<std::int64_t, Entries::iterator>;
    struct Entry {
        std::string question;
        Verdict verdict;
        Ends::iterator end;
    };

    void erase(Entries::iterator entry);

    const std::size_t most_;
    Entries entries_;  ///< the newest use first
    Ends ends_;        ///< the first to end first
    std::unordered_map<std::string, Entries::iterator> places_;
};

}  // namespace sluice::control
