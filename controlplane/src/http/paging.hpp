#pragma once

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../result.hpp"
#include "../service/rule.hpp"
#include "message.hpp"

namespace sluice::control::http {

inline constexpr std::size_t kDefaultLimit = 50;
inline constexpr std::size_t kMaxLimit = 1000;

/// A parameter that keeps a part of a list.
struct Filter {
    std::string name;
    Rule rule;
};

/// How many items a page has, and may have.
struct PageSize {
    std::size_t preset = kDefaultLimit;
    std::size_t most = kMaxLimit;
    bool plain_cursor = false;  ///< it is a number that callers may know from elsewhere
};

struct Paging {
    std::size_t limit = kDefaultLimit;
    std::string cursor;
    std::string mark;  ///< what the cursors of this list begin with, and those of no other
    std::map<std::string, std::string> filters;  ///< those that were given

    std::string filter(const std::string& name) const;

    /// `page` as it is answered: its `next_cursor` marked as one of this list.
    nlohmann::json answered(nlohmann::json page) const;
};

/// `limit`, `cursor` and the list's own filters of a list request. Errc::invalid names each wrong
/// or unknown one.
Result<Paging> paging_of(const Request& request, const std::vector<Filter>& filters = {},
                         PageSize size = {});

}  // namespace sluice::control::http
