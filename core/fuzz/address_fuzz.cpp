#include <cstdlib>

#include "core/auth/address.hpp"

// Property: a range that is accepted holds its own network and is written in a form that reads back
// as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace sluice::auth;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto cidr = parse_cidr(text);
    if (!cidr) return 0;
    if (cidr->prefix > 128 || !cidr->contains(cidr->network)) std::abort();
    const auto again = parse_cidr(to_string(*cidr));
    if (!again || *again != *cidr) std::abort();
    return 0;
}
