#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::websocket {

/// RFC 6455, 5.2.
enum class Opcode : std::uint8_t {
    continuation = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10
};

inline constexpr std::size_t kMaxHeader = 10;    ///< a server's frames are not masked
inline constexpr std::size_t kMaxControl = 125;  ///< payload of a control frame, 5.5

/// Writes the header of a final, unmasked frame; returns its size.
std::size_t write_header(std::span<std::uint8_t, kMaxHeader> out, Opcode opcode,
                         std::uint64_t payload);

/// A control frame that a client sent.
struct Control {
    Opcode opcode{};
    std::uint8_t size = 0;
    std::array<std::uint8_t, kMaxControl> payload{};
};

/// Reads a client's frames as they arrive, in pieces of any size. Data frames are passed over;
/// control frames are handed out. Constant memory.
class ClientFrames {
public:
    /// Takes bytes; appends the control frames that became whole. Errc::malformed for what RFC 6455
    /// forbids (no mask, a reserved bit, a fragmented or long control frame): the connection has to
    /// be closed.
    Result<void> take(std::span<const std::uint8_t> in, std::vector<Control>& controls);

private:
    Result<void> header_byte(std::uint8_t byte);
    Result<void> header_done();
    void payload(std::span<const std::uint8_t>& in);

    std::array<std::uint8_t, 14> header_{};
    std::uint8_t have_ = 0;
    std::uint8_t need_ = 2;
    std::uint64_t left_ = 0;  ///< payload bytes to come
    std::uint64_t done_ = 0;
    bool in_payload_ = false;
    Control control_;
};

}  // namespace sluice::websocket
