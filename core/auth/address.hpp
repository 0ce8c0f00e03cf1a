#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace sluice::auth {

/// An IPv4 or IPv6 address. IPv4 is held as its v4-mapped form ::ffff:a.b.c.d (RFC 4291, 2.5.5.2),
/// so one client is the same whether it came in on an IPv4 or on a dual-stack socket.
struct Address {
    std::array<std::uint8_t, 16> bytes{};

    static Address v4(std::span<const std::uint8_t, 4> network_order);
    static Address v6(std::span<const std::uint8_t, 16> network_order);

    bool is_v4() const;

    auto operator<=>(const Address&) const = default;
};

/// "192.0.2.1", "2001:db8::1" or "::ffff:192.0.2.1"; no zone, no port, no leading zeros.
/// Errc::malformed otherwise.
Result<Address> parse_address(std::string_view text);

/// As users write it; v4-mapped addresses as plain IPv4.
std::string to_string(const Address& address);

/// A range of addresses.
struct Cidr {
    Address network;          ///< host bits are zero
    std::uint8_t prefix = 0;  ///< 0 to 128, counted in the 128-bit form: an IPv4 /24 is 120 here

    /// An IPv6 range shorter than /96 holds no IPv4 address: "::/0" means all of IPv6, "0.0.0.0/0"
    /// all of IPv4.
    bool contains(const Address& address) const;

    auto operator<=>(const Cidr&) const = default;
};

/// "192.0.2.0/24", "2001:db8::/32" or a single address. Host bits that are set are cleared, as
/// routers do.
Result<Cidr> parse_cidr(std::string_view text);

/// "192.0.2.0/24"; a single address without its prefix.
std::string to_string(const Cidr& cidr);

bool contains(std::span<const Cidr> list, const Address& address);

}  // namespace sluice::auth
