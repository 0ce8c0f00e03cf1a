#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "../store/store.hpp"
#include "core/channel/hook.hpp"

namespace sluice::control::snapshot {

/// The encoded records of all channels, kept up with the store so that a change of one channel
/// costs the encoding of one. Not thread-safe.
class RecordCache {
public:
    using Records = std::map<std::string, std::vector<std::uint8_t>>;

    /// What runs beside the stream of a channel, given its complete document with its renditions
    /// resolved.
    using HooksOf = std::function<std::vector<channel::Hook>(const nlohmann::json&)>;

    /// Without `hooks` nothing does.
    explicit RecordCache(const store::Store& store, HooksOf hooks = {})
        : store_(store), hooks_(std::move(hooks))
    {}

    /// Takes over what was committed before the call. Answers whether a record is different now.
    Result<bool> refresh();

    /// Takes `records` for those of the store as of `seen`.
    void seed(Records records, store::Revision seen);

    /// Makes the next refresh() encode this channel anew although its document is the same: what
    /// its hooks depend on besides has changed.
    void renew(std::string id) { renewed_.insert(std::move(id)); }

    /// By id, in byte order.
    const Records& records() const { return records_; }

private:
    Result<bool> read_all();
    Result<bool> read_changes();
    Result<bool> read_renewed();
    Result<store::Revision> read_templates();
    std::vector<channel::Hook> hooks_of(nlohmann::json&& channel) const;
    Result<bool> read_one(const std::string& key);
    bool put(const store::Entry& entry);
    bool leave_out(const std::string& id);

    const store::Store& store_;
    HooksOf hooks_;
    Records records_;
    std::set<std::string> renewed_;
    std::optional<store::Revision> seen_;
};

}  // namespace sluice::control::snapshot
