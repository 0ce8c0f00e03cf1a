#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace sluice::auth {

using Md5Digest = std::array<std::uint8_t, 16>;
using Sha256Digest = std::array<std::uint8_t, 32>;

/// MD5 as the published push signature uses it; good for nothing else.
Md5Digest md5(std::string_view text);

Sha256Digest hmac_sha256(std::string_view key, std::string_view text);

/// SHA-256 of bytes that arrive in pieces.
class Sha256 {
public:
    Sha256();

    void update(std::span<const std::uint8_t> bytes);

    /// The digest of all bytes so far; the object is used up.
    Sha256Digest finish();

private:
    struct Free {
        void operator()(evp_md_ctx_st* ctx) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> ctx_;
};

/// Lower-case.
std::string to_hex(std::span<const std::uint8_t> bytes);

/// Fills `out` from exactly twice as many hexadecimal digits of either case; false when `text` is
/// anything else.
bool from_hex(std::string_view text, std::span<std::uint8_t> out);

/// Compares without telling by its duration where the first difference is.
bool equal_in_constant_time(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b);

}  // namespace sluice::auth
