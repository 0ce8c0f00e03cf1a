#include "muxer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "core/base/byte_writer.hpp"
#include "core/codec/test_samples.hpp"
#include "transport_stream.hpp"

namespace sluice::mpegts {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint16_t kVideo = 0x100;
constexpr std::uint16_t kAudio = 0x101;
constexpr std::uint64_t kDelay = 63'000;

media::Track avc()
{
    const auto& sample = codec::samples::video.at(1);
    return {.kind = media::Kind::video,
            .video = sample.codec,
            .config = codec::samples::bytes(sample.hex),
            .timescale = media::kVideoTimescale};
}

media::Track hevc()
{
    auto track = avc();
    track.video = flv::VideoCodec::hevc;
    for (const auto& sample : codec::samples::video) {
        if (sample.codec == track.video) track.config = codec::samples::bytes(sample.hex);
    }
    return track;
}

media::Track aac()
{
    const auto& sample = codec::samples::audio.at(0);
    return {.kind = media::Kind::audio,
            .audio = sample.codec,
            .config = codec::samples::bytes(sample.hex),
            .timescale = sample.sample_rate,
            .channels = sample.channels};
}

/// NAL units of these sizes behind their lengths; the first byte is `type`.
Bytes picture(std::uint8_t type, std::initializer_list<std::size_t> sizes)
{
    Bytes out;
    ByteWriter writer(out);
    for (const auto size : sizes) {
        writer.u32(static_cast<std::uint32_t>(size));
        writer.u8(type);
        for (std::size_t i = 1; i < size; ++i) writer.u8(static_cast<std::uint8_t>(i | 1));
    }
    return out;
}

TEST(TransportStreamTest, ASegmentBeginsWithItsTables)
{
    const auto video = avc();
    const auto audio = aac();
    auto muxer = Muxer::make(&video, &audio).value();
    Bytes out;
    muxer.append_tables(out);
    const TransportStream stream(out);
    EXPECT_EQ(stream.broken, "");
    for (const auto pid : {kPatPid, kPmtPid}) {
        const auto& bytes = stream.units.at(pid).at(0).bytes;
        const std::size_t size = (bytes.at(2) & 0x0f) << 8 | bytes.at(3);
        // A section and its checksum together have the checksum 0.
        EXPECT_EQ(crc32(std::span(bytes).subspan(1, 3 + size)), 0U);
    }
    const auto& map = stream.units.at(kPmtPid).at(0).bytes;
    EXPECT_EQ((map.at(9) & 0x1f) << 8 | map.at(10), kVideo);
    EXPECT_EQ(map.at(13), 0x1b);
    EXPECT_EQ(map.at(18), 0x0f);
}

TEST(TransportStreamTest, TheChecksumIsThatOfTheStandard)
{
    const std::array<std::uint8_t, 9> digits{'1', '2', '3', '4', '5', '6', '7', '8', '9'};
    EXPECT_EQ(crc32(digits), 0x0376e6e7U);
}

TEST(TransportStreamTest, AKeyFrameBringsItsParameterSets)
{
    const auto track = avc();
    auto muxer = Muxer::make(&track, nullptr).value();
    const auto data = picture(0x65, {700});
    Bytes out;
    ASSERT_TRUE(
        muxer.append_video({.dts = 90'000, .composition = 7200, .key = true, .data = data}, out));
    ASSERT_TRUE(muxer.append_video({.dts = 93'600, .data = data}, out));
    const TransportStream stream(out);
    EXPECT_EQ(stream.broken, "");
    const auto& units = stream.units.at(kVideo);
    ASSERT_EQ(units.size(), 2U);
    EXPECT_TRUE(units[0].random_access);
    EXPECT_FALSE(units[1].random_access);
    EXPECT_EQ(units[0].pcr, 90'000U);
    EXPECT_EQ(TransportStream::time(units[0].bytes, 9), 97'200 + kDelay);
    EXPECT_EQ(TransportStream::time(units[0].bytes, 14), 90'000 + kDelay);
    EXPECT_EQ(TransportStream::time(units[1].bytes, 9), 93'600 + kDelay);

    const auto key = TransportStream::payload(units[0]);
    EXPECT_EQ(Bytes(key.begin(), key.begin() + 6), (Bytes{0, 0, 0, 1, 9, 0xf0}));
    EXPECT_EQ(key.at(10) & 0x1f, 7);  // SPS
    EXPECT_EQ(Bytes(key.end() - 700, key.end()), Bytes(data.begin() + 4, data.end()));
    EXPECT_EQ(TransportStream::payload(units[1]).size(), 6 + 4 + 700U);
}

/// After a break players go on with the counters of the publisher before.
TEST(TransportStreamTest, TheFirstPacketsSayThatCountingBeginsAnew)
{
    const auto track = avc();
    const auto sound = aac();
    auto muxer = Muxer::make(&track, &sound).value();
    const auto data = picture(0x65, {700});
    const std::vector<media::AccessUnit> frames{{.dts = 44'100, .duration = 1024, .data = data}};
    for (int segment = 0; segment < 2; ++segment) {
        Bytes out;
        muxer.append_tables(out);
        ASSERT_TRUE(muxer.append_video({.dts = 90'000, .key = true, .data = data}, out));
        ASSERT_TRUE(muxer.append_audio(frames, out));
        const TransportStream stream(out);
        for (const auto pid : {kPatPid, kPmtPid, kVideo, kAudio}) {
            EXPECT_EQ(stream.units.at(pid).at(0).discontinuity, segment == 0) << pid;
        }
    }
}

/// As encoders send it that count from the key frame's presentation: I P B b b.
TEST(TransportStreamTest, NoPictureIsDecodedAfterItIsShown)
{
    const auto track = avc();
    auto muxer = Muxer::make(&track, nullptr).value();
    const auto data = picture(0x65, {700});
    Bytes out;
    std::int64_t dts = 900'000;
    for (int group = 0; group < 2; ++group) {
        for (const auto& [frames, key] :
             {std::pair(0, true), {3, false}, {0, false}, {-2, false}, {-1, false}}) {
            ASSERT_TRUE(muxer.append_video(
                {.dts = dts, .composition = frames * 3600, .key = key, .data = data}, out));
            dts += 3600;
        }
    }
    const TransportStream stream(out);
    std::uint64_t last = 0;
    for (const auto& unit : stream.units.at(kVideo)) {
        const auto shown = TransportStream::time(unit.bytes, 9);
        const bool both = (unit.bytes.at(7) & 0x40) != 0;
        const auto decoded = both ? TransportStream::time(unit.bytes, 14) : shown;
        EXPECT_LE(decoded, shown);
        EXPECT_GT(decoded, last);
        EXPECT_GE(decoded, unit.pcr);
        last = decoded;
    }
}

TEST(TransportStreamTest, HevcHasAllThreeParameterSets)
{
    const auto track = hevc();
    auto muxer = Muxer::make(&track, nullptr).value();
    Bytes out;
    ASSERT_TRUE(muxer.append_video({.key = true, .data = picture(0x26, {30})}, out));
    const auto bytes = TransportStream::payload(TransportStream(out).units.at(kVideo).at(0));
    std::vector<int> types;
    for (std::size_t i = 0; i + 4 < bytes.size(); ++i) {
        if (bytes[i] == 0 && bytes[i + 1] == 0 && bytes[i + 2] == 0 && bytes[i + 3] == 1) {
            types.push_back(bytes[i + 4] >> 1 & 0x3f);
        }
    }
    EXPECT_EQ(types, (std::vector<int>{35, 32, 33, 34, 19}));
}

TEST(TransportStreamTest, EverySizeOfAPictureIsFilledUpToWholePackets)
{
    const auto track = avc();
    auto muxer = Muxer::make(&track, nullptr).value();
    Bytes out;
    std::vector<Bytes> pictures;
    for (std::size_t size = 1; size < 600; ++size) {
        pictures.push_back(picture(0x41, {size}));
        ASSERT_TRUE(muxer.append_video(
            {.dts = static_cast<std::int64_t>(size), .data = pictures.back()}, out));
    }
    const TransportStream stream(out);
    EXPECT_EQ(stream.broken, "");
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        const auto bytes = TransportStream::payload(stream.units.at(kVideo).at(i));
        ASSERT_EQ(Bytes(bytes.begin() + 10, bytes.end()),
                  Bytes(pictures[i].begin() + 4, pictures[i].end()));
    }
}

TEST(TransportStreamTest, DelimitersOfTheEncoderAreNotDoubled)
{
    const auto track = avc();
    auto muxer = Muxer::make(&track, nullptr).value();
    auto data = picture(0x09, {2});
    const auto slice = picture(0x41, {20});
    data.insert(data.end(), slice.begin(), slice.end());
    Bytes out;
    ASSERT_TRUE(muxer.append_video({.data = data}, out));
    EXPECT_EQ(TransportStream::payload(TransportStream(out).units.at(kVideo).at(0)).size(),
              6 + 4 + 20U);
}

TEST(TransportStreamTest, AudioFramesGetAnAdtsHeaderEach)
{
    const auto track = aac();
    auto muxer = Muxer::make(nullptr, &track).value();
    const Bytes frame(300, 0x21);
    const std::array units{media::AccessUnit{.dts = 48'000, .key = true, .data = frame},
                           media::AccessUnit{.dts = 49'024, .key = true, .data = frame}};
    Bytes out;
    ASSERT_TRUE(muxer.append_audio(units, out));
    const TransportStream stream(out);
    EXPECT_EQ(stream.broken, "");
    const auto& unit = stream.units.at(kAudio).at(0);
    EXPECT_EQ(unit.pcr, 90'000U);
    EXPECT_EQ(TransportStream::time(unit.bytes, 9), 90'000 + kDelay);
    const auto bytes = TransportStream::payload(unit);
    ASSERT_EQ(bytes.size(), 2 * 307U);
    // LC, 48 kHz, stereo, 307 bytes.
    EXPECT_EQ(Bytes(bytes.begin(), bytes.begin() + 7),
              (Bytes{0xff, 0xf1, 0x4c, 0x80, 0x26, 0x7f, 0xfc}));
    EXPECT_EQ(bytes.at(307), 0xff);
}

TEST(TransportStreamTest, TimesWrapAfter33Bits)
{
    const auto track = avc();
    auto muxer = Muxer::make(&track, nullptr).value();
    Bytes out;
    const std::int64_t late = (1LL << 33) - 10;
    ASSERT_TRUE(muxer.append_video({.dts = late, .data = picture(0x41, {20})}, out));
    const TransportStream stream(out);
    const auto& unit = stream.units.at(kVideo).at(0);
    EXPECT_EQ(unit.pcr, static_cast<std::uint64_t>(late));
    EXPECT_EQ(TransportStream::time(unit.bytes, 9), kDelay - 10);
}

TEST(TransportStreamTest, BrokenPicturesAreRefusedWhole)
{
    const auto track = avc();
    auto muxer = Muxer::make(&track, nullptr).value();
    auto data = picture(0x41, {20, 20});
    data.pop_back();
    Bytes out;
    EXPECT_EQ(muxer.append_video({.data = data}, out).error().code, Errc::malformed);
    EXPECT_TRUE(out.empty());
}

TEST(TransportStreamTest, CodecsThatItDoesNotCarryAreNamed)
{
    auto track = avc();
    track.video = flv::VideoCodec::av1;
    EXPECT_EQ(Muxer::make(&track, nullptr).error().code, Errc::unsupported);
    auto sound = aac();
    sound.audio = flv::AudioCodec::opus;
    EXPECT_EQ(Muxer::make(nullptr, &sound).error().code, Errc::unsupported);
}

}  // namespace
}  // namespace sluice::mpegts
