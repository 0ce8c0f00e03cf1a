#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "../result.hpp"

namespace sluice::control {

/// Slows down the guessing of passwords. A name, and an address, may fail a few times at once and
/// then only every few seconds: too slow for guessing, and yet whoever has the right password waits
/// seconds, not minutes, however many others guess at his name. An address that a name has signed
/// in from lately does not wait for the guesses of others at all. The tables are bounded: what was
/// touched longest ago goes first. Thread-safe.
class LoginThrottle {
public:
    static constexpr std::size_t kMaxEntries = 10'000;  ///< of each table

    /// Counts an attempt. Seconds to wait when it is one too many; nothing when it may be made.
    std::optional<int> attempt(const std::string& name, const std::string& address,
                               std::int64_t now_s);

    /// The same of the address alone, and counts nothing: to be asked before anything is read of
    /// what it sent.
    std::optional<int> wait_of_address(const std::string& address, std::int64_t now_s);

    /// The attempt was right: it does not count.
    void succeeded(const std::string& name, const std::string& address, std::int64_t now_s);

    /// How many failures an audit entry stands for; 0: none is due, so that guessing can't fill the
    /// audit log.
    std::size_t failures_to_tell(std::int64_t now_s);

    std::size_t size() const;

private:
    /// Holds up to `capacity` attempts, and gets one back every `every_s` seconds.
    struct Limit {
        int capacity;
        int every_s;
    };
    struct Bucket {
        double level = 0;  ///< attempts that count still
        std::int64_t at_s = 0;
    };
    /// Buckets by key, the one touched last in front.
    class Table {
    public:
        Bucket& at(const std::string& key, std::int64_t now_s);
        bool holds(const std::string& key) const { return known_.contains(key); }
        std::size_t size() const { return order_.size(); }

    private:
        using Order = std::list<std::pair<std::string, Bucket>>;
        Order order_;
        std::unordered_map<std::string, Order::iterator> known_;
    };

    static std::optional<int> wait_of(Bucket& bucket, Limit limit, std::int64_t now_s);

    static constexpr Limit kOfName{.capacity = 10, .every_s = 5};
    static constexpr Limit kOfAddress{.capacity = 20, .every_s = 6};
    static constexpr Limit kOfAudit{.capacity = 100, .every_s = 60};

    mutable std::mutex mutex_;
    Table names_;
    Table addresses_;
    Table good_;  ///< name and address of those who signed in
    Bucket told_;
    std::size_t untold_ = 0;
};

/// Errc::throttled, with the wait.
tl::unexpected<Error> too_many_attempts(int wait_s);

}  // namespace sluice::control
