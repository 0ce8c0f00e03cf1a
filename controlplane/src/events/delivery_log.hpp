#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "../store/store.hpp"

namespace sluice::control::events {

/// The newest deliveries of one webhook, one record for each event: what became of it. Records wait
/// in memory until they are written with the queue's state.
class DeliveryLog {
public:
    static constexpr std::size_t kKept = 1000;

    explicit DeliveryLog(std::string webhook) : webhook_(std::move(webhook)) {}

    /// Reads which records there are.
    Result<void> load(const store::Store& store);

    void put(std::uint64_t number, nlohmann::json record);
    bool contains(std::uint64_t number) const
    {
        return known_.contains(number) || waiting_.contains(number);
    }
    std::size_t waiting() const { return waiting_.size(); }

    /// Operations for up to `count` of the waiting records; forget_written() when they are
    /// committed.
    std::vector<store::Operation> to_write(std::size_t count) const;
    void forget_written(std::size_t count);

private:
    std::uint64_t oldest_kept() const;
    std::vector<std::uint64_t> outgoing(std::size_t count, std::uint64_t oldest) const;

    std::string webhook_;
    std::set<std::uint64_t> known_;  ///< in the store
    std::map<std::uint64_t, nlohmann::json> waiting_;
};

/// Newest event first: {"items", "next_cursor"}.
Result<nlohmann::json> list_deliveries(const store::Store& store, std::string_view webhook,
                                       std::size_t limit, std::string_view cursor);

/// One record; Errc::not_found without.
Result<nlohmann::json> get_delivery(const store::Store& store, std::string_view webhook,
                                    std::uint64_t number);

/// Removes all records of a webhook that is gone.
Result<void> remove_deliveries(store::Store& store, std::string_view webhook);

}  // namespace sluice::control::events
