#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "../store/store.hpp"

namespace sluice::control {

/// The audit log, read: the newest 100,000 entries of the last 400 days. What writes it is
/// audit.hpp.
class AuditLog {
public:
    static constexpr std::uint64_t kMaxEntries = 100'000;
    static constexpr std::int64_t kMaxAgeS = 400 * 86400LL;
    static constexpr std::size_t kMaxScan = 10'000;  ///< entries that one list() looks at

    struct Filter {
        std::string actor;   ///< id or name of who did it; empty: anybody
        std::string action;  ///< `channel.update`, or `channel.*`
        std::string target;
        std::optional<std::int64_t> from_s;
        std::optional<std::int64_t> to_s;  ///< not itself part of it
    };

    explicit AuditLog(store::Store& store) : store_(store) {}

    /// At most `limit` entries older than the one of number `before`, newest first: `{"items",
    /// "next_cursor"}`. A page of a filter that seldom holds may be short, or empty, and still have
    /// a next one.
    Result<nlohmann::json> list(const Filter& filter, std::size_t limit,
                                std::optional<std::uint64_t> before) const;

    Result<nlohmann::json> get(std::uint64_t number) const;

    /// Removes what is beyond number and age, in small transactions.
    Result<void> prune(std::int64_t now_s, std::uint64_t keep = kMaxEntries);

private:
    store::Store& store_;
};

}  // namespace sluice::control
