#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace sluice::control {

/// Kind of a failure. `http::status_of` is the one place that turns it into an HTTP status.
enum class Errc : std::uint8_t {
    malformed,     ///< not JSON, or JSON of the wrong shape
    invalid,       ///< right shape, wrong value; `fields` names each one
    unauthorized,  ///< no credentials, or wrong ones
    forbidden,     ///< credentials without the needed scope
    not_found,
    conflict,      ///< clashes with what exists or is running
    precondition,  ///< a stated version is no longer the current one
    gone,          ///< history that was asked for is no longer kept
    too_large,
    unsupported_media,
    throttled,    ///< too often; `retry_after_s` says when it may be tried again
    unavailable,  ///< a part this one needs does not answer
    internal,
};

/// One wrong field of an input, by its dotted path: `ingest.allow_ips[2]`.
struct FieldError {
    std::string field;
    std::string message;

    bool operator==(const FieldError&) const = default;
};

/// Why a control-plane function failed. `detail` is shown to the caller of the API: it never
/// holds keys, tokens or signatures.
struct Error {
    Errc code = Errc::internal;
    std::string detail;
    std::vector<FieldError> fields;
    int retry_after_s = 1;  ///< of throttled and unavailable
};

template <class T>
using Result = tl::expected<T, Error>;

/// Shorthand for `return fail(Errc::not_found, "…")`.
inline tl::unexpected<Error> fail(Errc code, std::string detail,
                                  std::vector<FieldError> fields = {})
{
    return tl::unexpected(Error{code, std::move(detail), std::move(fields), 1});
}

}  // namespace sluice::control
