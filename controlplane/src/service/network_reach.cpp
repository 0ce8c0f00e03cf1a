#include "network_reach.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace sluice::control {
namespace {

struct Range4 {
    std::uint32_t base;
    int bits;
};

// IANA's special-purpose registries (RFC 6890), as far as they are no receivers or only ours.
constexpr std::array kNever4{Range4{0x00000000, 8}, Range4{0xa9fe0000, 16}, Range4{0xe0000000, 4},
                             Range4{0xf0000000, 4}};
constexpr std::array kInside4{
    Range4{0x0a000000, 8},  Range4{0x7f000000, 8},  Range4{0xac100000, 12}, Range4{0xc0a80000, 16},
    Range4{0x64400000, 10}, Range4{0xc0000000, 24}, Range4{0xc6120000, 15}};

Reach reach4(std::uint32_t address)
{
    const auto in = [address](const Range4& range) {
        return (address ^ range.base) >> (32 - range.bits) == 0;
    };
    if (std::ranges::any_of(kNever4, in)) return Reach::never;
    return std::ranges::any_of(kInside4, in) ? Reach::inside : Reach::anywhere;
}

using Bytes16 = std::array<std::uint8_t, 16>;

bool begins(const Bytes16& address, std::initializer_list<std::uint8_t> with)
{
    return std::equal(with.begin(), with.end(), address.begin());
}

std::uint32_t last4(const Bytes16& address)
{
    return std::uint32_t{address[12]} << 24 | std::uint32_t{address[13]} << 16 |
           std::uint32_t{address[14]} << 8 | address[15];
}

Reach reach6(const Bytes16& address)
{
    const std::uint8_t zero = 0;
    const bool mapped = begins(address, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff});
    const bool translated = begins(address, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0});
    if (mapped || translated) return reach4(last4(address));
    if (std::all_of(address.begin(), address.begin() + 15, [&](auto b) { return b == zero; })) {
        return address[15] == 1 ? Reach::inside : Reach::never;
    }
    const bool link_local = address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
    const bool metadata = begins(address, {0xfd, 0x00, 0x0e, 0xc2});
    if (link_local || metadata || address[0] == 0xff) return Reach::never;
    return (address[0] & 0xfe) == 0xfc ? Reach::inside : Reach::anywhere;
}

}  // namespace

Reach reach_of(const sockaddr& address)
{
    if (address.sa_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &address, sizeof in);
        return reach4(ntohl(in.sin_addr.s_addr));
    }
    if (address.sa_family != AF_INET6) return Reach::never;
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof in);
    Bytes16 bytes;
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    return reach6(bytes);
}

std::optional<Reach> reach_of(const std::string& host)
{
    auto bare = host;
    if (bare.starts_with('[') && bare.ends_with(']')) bare = bare.substr(1, bare.size() - 2);
    in_addr four{};
    if (inet_pton(AF_INET, bare.c_str(), &four) == 1) return reach4(ntohl(four.s_addr));
    Bytes16 six;
    if (inet_pton(AF_INET6, bare.c_str(), six.data()) == 1) return reach6(six);
    return std::nullopt;
}

}  // namespace sluice::control
