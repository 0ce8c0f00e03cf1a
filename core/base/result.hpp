#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tl/expected.hpp>

namespace sluice {

enum class Errc : std::uint8_t { truncated, malformed, unsupported, out_of_order, io, limit };

/// Why a core function failed. Never allocates, so the data path can return it.
struct Error {
    Errc code{};
    std::string_view where;  ///< string literal only
    std::size_t offset = 0;  ///< byte in the input, for logs and fuzz triage
};

template <class T>
using Result = tl::expected<T, Error>;

}  // namespace sluice
