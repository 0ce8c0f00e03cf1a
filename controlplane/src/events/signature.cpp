#include "signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace sluice::control::events {
namespace {

std::string hmac_hex(const std::string& secret, const std::string& text)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string hex;
    for (unsigned int i = 0; i < size; ++i) {
        hex += kDigits[digest[i] >> 4];
        hex += kDigits[digest[i] & 15];
    }
    return hex;
}

}  // namespace

std::string signature(const std::vector<std::string>& secrets, std::int64_t now_s,
                      std::string_view body)
{
    const auto time = std::to_string(now_s);
    const auto text = (time + ".").append(body);
    auto value = "t=" + time;
    for (const auto& secret : secrets) value += ",v1=" + hmac_hex(secret, text);
    return value;
}

}  // namespace sluice::control::events
