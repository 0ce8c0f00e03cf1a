#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <tl/expected.hpp>

namespace sluice::bench {

/// A failure of a load tool is a sentence for the person who ran it.
template <class T>
using Result = tl::expected<T, std::string>;

inline tl::unexpected<std::string> fail(std::string what)
{
    return tl::unexpected(std::move(what));
}

/// `what` with the reason that errno holds.
inline tl::unexpected<std::string> fail_errno(std::string what)
{
    return tl::unexpected(std::move(what) + ": " + std::strerror(errno));
}

}  // namespace sluice::bench
