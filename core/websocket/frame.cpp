#include "frame.hpp"

#include <algorithm>

namespace sluice::websocket {
namespace {

constexpr std::uint8_t kFinal = 0x80;
constexpr std::uint8_t kReserved = 0x70;
constexpr std::uint8_t kMasked = 0x80;
constexpr std::uint8_t kSize16 = 126;
constexpr std::uint8_t kSize64 = 127;
constexpr std::uint8_t kControlBit = 0x08;

bool known(std::uint8_t opcode)
{
    return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

}  // namespace

std::size_t write_header(std::span<std::uint8_t, kMaxHeader> out, Opcode opcode,
                         std::uint64_t payload)
{
    out[0] = static_cast<std::uint8_t>(kFinal | static_cast<std::uint8_t>(opcode));
    if (payload < kSize16) {
        out[1] = static_cast<std::uint8_t>(payload);
        return 2;
    }
    const bool wide = payload > 0xffff;
    const std::size_t bytes = wide ? 8 : 2;
    out[1] = wide ? kSize64 : kSize16;
    for (std::size_t i = 0; i < bytes; ++i)
        out[2 + i] = static_cast<std::uint8_t>(payload >> (8 * (bytes - 1 - i)));
    return 2 + bytes;
}

Result<void> ClientFrames::take(std::span<const std::uint8_t> in, std::vector<Control>& controls)
{
    while (!in.empty()) {
        if (!in_payload_) {
            if (auto done = header_byte(in[0]); !done) return done;
            in = in.subspan(1);
        } else {
            payload(in);
        }
        if (!in_payload_ || left_ != 0) continue;
        if (header_[0] & kControlBit) controls.push_back(control_);
        in_payload_ = false;
        have_ = 0;
        need_ = 2;
    }
    return {};
}

Result<void> ClientFrames::header_byte(std::uint8_t byte)
{
    header_[have_++] = byte;
    if (have_ == 2) {
        const auto size = header_[1] & 0x7f;
        need_ = static_cast<std::uint8_t>(2 + 4 + (size == kSize64 ? 8 : size == kSize16 ? 2 : 0));
    }
    return have_ == need_ ? header_done() : Result<void>{};
}

Result<void> ClientFrames::header_done()
{
    const auto opcode = static_cast<std::uint8_t>(header_[0] & 0x0f);
    if ((header_[0] & kReserved) || !known(opcode))
        return tl::unexpected(Error{Errc::malformed, "websocket opcode"});
    if (!(header_[1] & kMasked))
        return tl::unexpected(Error{Errc::malformed, "websocket mask missing"});

    left_ = header_[1] & 0x7f;
    if (left_ >= kSize16) {
        const int bytes = left_ == kSize16 ? 2 : 8;
        left_ = 0;
        for (int i = 0; i < bytes; ++i) left_ = left_ << 8 | header_[2 + i];
    }
    if (left_ >> 63) return tl::unexpected(Error{Errc::malformed, "websocket frame size"});
    if ((header_[0] & kControlBit) && (left_ > kMaxControl || !(header_[0] & kFinal))) {
        return tl::unexpected(Error{Errc::malformed, "websocket control frame"});
    }
    control_.opcode = static_cast<Opcode>(opcode);
    control_.size = static_cast<std::uint8_t>(std::min<std::uint64_t>(left_, kMaxControl));
    done_ = 0;
    in_payload_ = true;
    return {};
}

void ClientFrames::payload(std::span<const std::uint8_t>& in)
{
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
    if (header_[0] & kControlBit) {
        const auto* mask = header_.data() + need_ - 4;
        for (std::size_t i = 0; i < n; ++i)
            control_.payload[done_ + i] = in[i] ^ mask[(done_ + i) % 4];
    }
    done_ += n;
    left_ -= n;
    in = in.subspan(n);
}

}  // namespace sluice::websocket
