#include "digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <new>

namespace sluice::auth {
namespace {

// OpenSSL fails here only when memory ran out or the build lacks the algorithm: neither has an
// answer but to stop this request, which is what the doors of modules and control plane do with
// bad_alloc.
void require(int ok)
{
    if (ok != 1) throw std::bad_alloc();
}

int nibble(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

Md5Digest md5(std::string_view text)
{
    Md5Digest out{};
    require(EVP_Digest(text.data(), text.size(), out.data(), nullptr, EVP_md5(), nullptr));
    return out;
}

Sha256Digest hmac_sha256(std::string_view key, std::string_view text)
{
    Sha256Digest out{};
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    const auto* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes,
                            text.size(), out.data(), nullptr);
    require(done != nullptr ? 1 : 0);
    return out;
}

void Sha256::Free::operator()(evp_md_ctx_st* ctx) const
{
    EVP_MD_CTX_free(ctx);
}

Sha256::Sha256() : ctx_(EVP_MD_CTX_new())
{
    require(ctx_ != nullptr ? EVP_DigestInit_ex(ctx_.get(), EVP_sha256(), nullptr) : 0);
}

void Sha256::update(std::span<const std::uint8_t> bytes)
{
    require(EVP_DigestUpdate(ctx_.get(), bytes.data(), bytes.size()));
}

Sha256Digest Sha256::finish()
{
    Sha256Digest out{};
    require(EVP_DigestFinal_ex(ctx_.get(), out.data(), nullptr));
    return out;
}

std::string to_hex(std::span<const std::uint8_t> bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const auto b : bytes) {
        out += digits[b >> 4];
        out += digits[b & 15];
    }
    return out;
}

bool from_hex(std::string_view text, std::span<std::uint8_t> out)
{
    if (text.size() != out.size() * 2) return false;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const int high = nibble(text[2 * i]);
        const int low = nibble(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        out[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return true;
}

bool equal_in_constant_time(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace sluice::auth
