#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/auth/reason.hpp"
#include "core/base/result.hpp"

namespace sluice::auth {

enum class SignatureKind : std::uint8_t {
    md5,   ///< the form existing encoders and tools make; push only
    hmac,  ///< HMAC-SHA256
};

/// The value of `sign=`: `<exp>-<hex>`, taken apart. Trivially copyable, so that a session can keep
/// its own and have it checked again when the channel changes.
struct Signature {
    std::int64_t expires_s = 0;  ///< seconds since 1970, valid before this second
    SignatureKind kind = SignatureKind::hmac;
    std::array<std::uint8_t, 32> hash{};  ///< the first 16 bytes count for md5

    std::span<const std::uint8_t> digest() const
    {
        return std::span(hash).first(kind == SignatureKind::md5 ? 16 : 32);
    }
};

/// Expiry that a signature carries when its channel never expires: 2100-01-01T00:00:00Z.
inline constexpr std::int64_t kNeverExpires = 4102444800;

/// Takes `<exp>-<hex>` apart: 1 to 19 decimal digits that fit an int64, then 32 (MD5) or 64 (HMAC)
/// hexadecimal digits of either case. Everything else is Errc::malformed.
Result<Signature> parse_sign(std::string_view text);

/// `<exp>-<hex>` for `rtmp://host/stream/<id>?sign=…`. "stream" is the application, the first part
/// of the URL's path.
///   md5:  MD5 of         "/stream/<id>-<exp>-<key>"
///   hmac: HMAC-SHA256 of "/stream/<id>-<exp>", keyed with <key>
std::string sign_push(std::string_view id, std::int64_t expires_s, std::string_view key,
                      SignatureKind kind = SignatureKind::hmac);

/// `<exp>-<hex>` for every playback URL below `/<id>/`: HMAC-SHA256 of "/<id>/-<exp>", keyed with
/// <key>.
std::string sign_play(std::string_view id, std::int64_t expires_s, std::string_view key);

/// Nothing when `sign` was made for this id and key and has not expired; else signature_wrong or
/// signature_expired. An empty key verifies nothing.
std::optional<Reason> verify_push(std::string_view id, const Signature& sign, std::string_view key,
                                  std::int64_t now_s);
std::optional<Reason> verify_play(std::string_view id, const Signature& sign, std::string_view key,
                                  std::int64_t now_s);

/// Whether key and signature still belong together, whatever the time: for a session that is
/// already running.
bool matches_push(std::string_view id, const Signature& sign, std::string_view key);
bool matches_play(std::string_view id, const Signature& sign, std::string_view key);

/// The signature in a query string's `sign`; signature_missing when there is none,
/// signature_malformed when it is not of the form.
tl::expected<Signature, Reason> signature_in(std::string_view query);

}  // namespace sluice::auth
