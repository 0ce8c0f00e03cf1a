#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "../store/store.hpp"

namespace sluice::control {

/// Finds channels by a part of their id or name without reading every document: keeps those
/// two of each channel in memory, following the store.
class ChannelIndex {
public:
    explicit ChannelIndex(const store::Store& store) : store_(store) {}

    struct Found {
        std::vector<std::string> ids;
        bool more = false;
    };

    /// Ids after `after`, in byte order, of channels that `wanted` (if given) is true for and whose
    /// id or name contains `text`; case does not matter for ASCII letters. Sees everything that was
    /// committed before the call.
    Result<Found> search(std::string_view text, std::string_view after, std::size_t limit,
                         const std::function<bool(std::string_view id)>& wanted = {});

    /// Takes in what was committed since the last call, so that a later search has little to do.
    Result<void> follow();

    /// How many channels there are.
    Result<std::size_t> size();

private:
    Result<void> refresh();
    Result<void> reload();
    Result<void> take(const std::string& key);

    const store::Store& store_;
    std::mutex mutex_;
    bool loaded_ = false;
    store::Revision seen_ = 0;
    std::map<std::string, std::string, std::less<>> texts_;  ///< id → lower-case "id\nname"
};

}  // namespace sluice::control
