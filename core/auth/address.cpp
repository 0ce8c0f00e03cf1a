#include "address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace sluice::auth {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMappedBits = 96;

tl::unexpected<Error> malformed(std::string_view where)
{
    return tl::unexpected(Error{Errc::malformed, where});
}

void clear_host_bits(Address& address, unsigned prefix)
{
    for (unsigned i = 0; i < address.bytes.size(); ++i) {
        const unsigned kept =
            std::clamp<int>(static_cast<int>(prefix) - static_cast<int>(i * 8), 0, 8);
        address.bytes[i] &= static_cast<std::uint8_t>(0xff00 >> kept);
    }
}

}  // namespace

Address Address::v4(std::span<const std::uint8_t, 4> network_order)
{
    Address address;
    std::ranges::copy(kMappedPrefix, address.bytes.begin());
    std::ranges::copy(network_order, address.bytes.begin() + kMappedPrefix.size());
    return address;
}

Address Address::v6(std::span<const std::uint8_t, 16> network_order)
{
    Address address;
    std::ranges::copy(network_order, address.bytes.begin());
    return address;
}

bool Address::is_v4() const
{
    return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
}

Result<Address> parse_address(std::string_view text)
{
    std::array<char, INET6_ADDRSTRLEN> copy{};  // inet_pton wants a terminator
    if (text.size() >= copy.size() || text.find('\0') != std::string_view::npos) {
        return malformed("address");
    }
    std::ranges::copy(text, copy.begin());

    std::array<std::uint8_t, 16> bytes{};
    if (inet_pton(AF_INET, copy.data(), bytes.data()) == 1) {
        return Address::v4(std::span(bytes).first<4>());
    }
    if (inet_pton(AF_INET6, copy.data(), bytes.data()) == 1) return Address::v6(bytes);
    return malformed("address");
}

std::string to_string(const Address& address)
{
    std::array<char, INET6_ADDRSTRLEN> out{};
    const bool v4 = address.is_v4();
    inet_ntop(v4 ? AF_INET : AF_INET6, address.bytes.data() + (v4 ? kMappedPrefix.size() : 0),
              out.data(), out.size());
    return out.data();
}

bool Cidr::contains(const Address& address) const
{
    if (prefix < kMappedBits && address.is_v4()) return false;
    auto masked = address;
    clear_host_bits(masked, prefix);
    return masked == network;
}

Result<Cidr> parse_cidr(std::string_view text)
{
    const auto slash = text.find('/');
    const auto address = parse_address(text.substr(0, slash));
    if (!address) return tl::unexpected(address.error());

    // "::ffff:192.0.2.0/120" counts from the left of 128 bits although it is IPv4.
    const bool dotted = text.substr(0, slash).find(':') == std::string_view::npos;
    const unsigned bits = dotted ? 32 : 128;
    unsigned prefix = bits;
    if (slash != std::string_view::npos) {
        const auto digits = text.substr(slash + 1);
        const auto* end = digits.data() + digits.size();
        const auto [stop, error] = std::from_chars(digits.data(), end, prefix);
        if (error != std::errc() || stop != end || digits.size() > 3 || prefix > bits) {
            return malformed("address prefix");
        }
    }
    if (dotted) prefix += kMappedBits;

    Cidr cidr{.network = *address, .prefix = static_cast<std::uint8_t>(prefix)};
    clear_host_bits(cidr.network, prefix);
    return cidr;
}

std::string to_string(const Cidr& cidr)
{
    auto text = to_string(cidr.network);
    if (cidr.prefix == 128) return text;
    const unsigned shown = cidr.network.is_v4() ? cidr.prefix - kMappedBits : cidr.prefix;
    return text + '/' + std::to_string(shown);
}

bool contains(std::span<const Cidr> list, const Address& address)
{
    return std::ranges::any_of(list, [&](const Cidr& c) { return c.contains(address); });
}

}  // namespace sluice::auth
