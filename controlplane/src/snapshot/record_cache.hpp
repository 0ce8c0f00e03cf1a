#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "../store/store.hpp"

namespace sluice::control::snapshot {

/// The encoded records of all channels, kept up with the store so that a change of one channel
/// costs the encoding of one. Not thread-safe.
class RecordCache {
public:
    using Records = std::map<std::string, std::vector<std::uint8_t>>;

    explicit RecordCache(const store::Store& store) : store_(store) {}

    /// Takes over what was committed before the call. Answers whether a record is different now.
    Result<bool> refresh();

    /// Takes `records` for those of the store as of `seen`.
    void seed(Records records, store::Revision seen);

    /// By id, in byte order.
    const Records& records() const { return records_; }

private:
    Result<bool> read_all();
    Result<bool> read_changes();
    Result<bool> read_one(const std::string& key);
    bool put(const store::Entry& entry);

    const store::Store& store_;
    Records records_;
    std::optional<store::Revision> seen_;
};

}  // namespace sluice::control::snapshot
