#pragma once

#include <cstddef>
#include <string>

#include "../result.hpp"
#include "message.hpp"

namespace sluice::control::http {

inline constexpr std::size_t kDefaultLimit = 50;
inline constexpr std::size_t kMaxLimit = 1000;

struct Paging {
    std::size_t limit = kDefaultLimit;
    std::string cursor;
    std::string q;
};

/// `limit`, `cursor` and `q` of a list request. Errc::invalid names each wrong or unknown one.
Result<Paging> paging_of(const Request& request);

}  // namespace sluice::control::http
