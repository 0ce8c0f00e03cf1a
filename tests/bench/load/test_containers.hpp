#pragma once

#include <cstdint>

#include "flv_format.hpp"

namespace sluice::bench {

inline Bytes box(const char (&name)[5], std::size_t content)
{
    Bytes out{0, 0, 0, static_cast<std::uint8_t>(8 + content)};
    out.insert(out.end(), name, name + 4);
    out.resize(out.size() + content);
    return out;
}

inline Bytes joined(Bytes one, const Bytes& other)
{
    one.insert(one.end(), other.begin(), other.end());
    return one;
}

/// A packet of `pid` whose last bytes are `payload`, behind stuffing.
inline Bytes packet(std::uint8_t pid, const Bytes& payload)
{
    Bytes out{0x47, 0, pid, 0x30, static_cast<std::uint8_t>(183 - payload.size())};
    out.resize(188 - payload.size(), 0xff);
    return joined(out, payload);
}

}  // namespace sluice::bench
