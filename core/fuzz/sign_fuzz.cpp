#include <cstdlib>
#include <string>

#include "core/auth/digest.hpp"
#include "core/auth/signature.hpp"

// Property: what is accepted is exactly a decimal expiry, a dash and the hash, so writing it again
// and reading that gives the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace sluice::auth;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto sign = parse_sign(text);
    if (!sign) return 0;
    if (sign->expires_s < 0) std::abort();
    if (text.size() != text.find('-') + 1 + sign->digest().size() * 2) std::abort();

    const auto written = std::to_string(sign->expires_s) + '-' + to_hex(sign->digest());
    const auto again = parse_sign(written);
    if (!again || again->expires_s != sign->expires_s || again->hash != sign->hash) std::abort();
    return 0;
}
