#include "frame.hpp"

#include <gtest/gtest.h>

namespace sluice::websocket {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes header(Opcode opcode, std::uint64_t payload)
{
    std::array<std::uint8_t, kMaxHeader> out{};
    const auto size = write_header(out, opcode, payload);
    return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)};
}

/// A client's frame, masked.
Bytes frame(std::uint8_t first, const Bytes& payload)
{
    constexpr std::array<std::uint8_t, 4> kMask{0x12, 0x34, 0x56, 0x78};
    Bytes out{first, static_cast<std::uint8_t>(0x80 | payload.size())};
    out.insert(out.end(), kMask.begin(), kMask.end());
    for (std::size_t i = 0; i < payload.size(); ++i) out.push_back(payload[i] ^ kMask[i % 4]);
    return out;
}

TEST(WebSocketHeader, TakesTheShortestFormOfTheLength)
{
    EXPECT_EQ(header(Opcode::binary, 0), (Bytes{0x82, 0}));
    EXPECT_EQ(header(Opcode::binary, 125), (Bytes{0x82, 125}));
    EXPECT_EQ(header(Opcode::binary, 126), (Bytes{0x82, 126, 0, 126}));
    EXPECT_EQ(header(Opcode::pong, 0xffff), (Bytes{0x8a, 126, 0xff, 0xff}));
    EXPECT_EQ(header(Opcode::binary, 0x10000), (Bytes{0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}));
}

TEST(WebSocketClientFrames, HandsOutControlFramesUnmaskedHoweverTheyAreCut)
{
    auto in = frame(0x82, {1, 2, 3});
    const auto ping = frame(0x89, {'h', 'e', 'l', 'l', 'o'});
    const auto close = frame(0x88, {});
    in.insert(in.end(), ping.begin(), ping.end());
    in.insert(in.end(), close.begin(), close.end());
    for (std::size_t piece = 1; piece <= in.size(); ++piece) {
        ClientFrames frames;
        std::vector<Control> controls;
        for (std::size_t at = 0; at < in.size(); at += piece) {
            ASSERT_TRUE(
                frames.take(std::span(in).subspan(at, std::min(piece, in.size() - at)), controls));
        }
        ASSERT_EQ(controls.size(), 2U) << piece;
        EXPECT_EQ(controls[0].opcode, Opcode::ping);
        EXPECT_EQ(std::string(controls[0].payload.begin(),
                              controls[0].payload.begin() + controls[0].size),
                  "hello");
        EXPECT_EQ(controls[1].opcode, Opcode::close);
        EXPECT_EQ(controls[1].size, 0);
    }
}

TEST(WebSocketClientFrames, PassesOverDataOfEveryLengthForm)
{
    ClientFrames frames;
    std::vector<Control> controls;
    for (const std::size_t size : {200, 70'000}) {
        Bytes in{0x82, static_cast<std::uint8_t>(0x80 | (size > 0xffff ? 127 : 126))};
        for (int i = size > 0xffff ? 7 : 1; i >= 0; --i)
            in.push_back(static_cast<std::uint8_t>(std::uint64_t{size} >> (8 * i)));
        in.resize(in.size() + 4 + size);
        ASSERT_TRUE(frames.take(in, controls));
    }
    ASSERT_TRUE(frames.take(frame(0x89, {7}), controls));
    EXPECT_EQ(controls.size(), 1U);
}

TEST(WebSocketClientFrames, RefusesWhatTheStandardForbids)
{
    const std::vector<std::pair<const char*, Bytes>> cases{
        {"no mask", {0x82, 1}},
        {"a reserved bit", {0xc2, 0x81, 0, 0, 0, 0}},
        {"an unknown opcode", {0x83, 0x81, 0, 0, 0, 0}},
        {"a fragmented ping", {0x09, 0x80, 0, 0, 0, 0}},
        {"a long ping", {0x89, 0xfe, 0, 126, 0, 0, 0, 0}},
        {"a length of 2^63", {0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
    };
    for (const auto& [name, bytes] : cases) {
        ClientFrames frames;
        std::vector<Control> controls;
        auto in = bytes;
        in.resize(std::max<std::size_t>(in.size(), 6));
        const auto done = frames.take(in, controls);
        ASSERT_FALSE(done) << name;
        EXPECT_EQ(done.error().code, Errc::malformed) << name;
        EXPECT_TRUE(controls.empty());
    }
}

}  // namespace
}  // namespace sluice::websocket
