#include "core/flv/metadata.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/flv/amf0.hpp"

namespace sluice::flv {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes message(const std::vector<amf0::Value>& values)
{
    Bytes out;
    ByteWriter w(out);
    for (const auto& value : values) amf0::encode(w, value);
    return out;
}

amf0::Value object(std::vector<amf0::Property> properties)
{
    amf0::Object out;
    out.properties = std::move(properties);
    return {std::move(out)};
}

const amf0::Value kSet{std::string("@setDataFrame")};
const amf0::Value kOnMetaData{std::string("onMetaData")};

TEST(Metadata, ComesBackAsItWasEncoded)
{
    const Metadata all{1920, 1080, 29.97, 2500, 128, 0, "Lavf59"};
    EXPECT_EQ(parse_metadata(encode_metadata(all)), all);
    EXPECT_EQ(parse_metadata(encode_metadata({})), Metadata{});
}

TEST(Metadata, ReadsWhatAnEncoderSendsToAServer)
{
    const auto sent = message({kSet, kOnMetaData,
                               object({{"duration", {0.0}},
                                       {"width", {1280.0}},
                                       {"stereo", {true}},
                                       {"encoder", {std::string("obs-output")}}})});
    const auto got = parse_metadata(sent);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->width, 1280);
    EXPECT_EQ(got->duration, 0);
    EXPECT_EQ(got->height, std::nullopt);
    EXPECT_EQ(got->encoder, "obs-output");
}

TEST(Metadata, StripsSetDataFrameAndNothingElse)
{
    const auto bare = message({kOnMetaData, object({})});
    const auto sent = message({kSet, kOnMetaData, object({})});
    const auto stripped = strip_set_data_frame(sent);
    EXPECT_EQ(Bytes(stripped.begin(), stripped.end()), bare);
    EXPECT_EQ(strip_set_data_frame(bare).data(), bare.data());
    EXPECT_TRUE(strip_set_data_frame({}).empty());
    const Bytes partial(sent.begin(), sent.begin() + 15);
    EXPECT_EQ(strip_set_data_frame(partial).size(), 15U);
}

TEST(Metadata, LeavesOutNumbersThatMakeNoSense)
{
    const auto got =
        parse_metadata(message({kOnMetaData, object({{"width", {-1.0}},
                                                     {"height", {std::nan("")}},
                                                     {"framerate", {INFINITY}},
                                                     {"duration", {std::string("1")}}})}));
    EXPECT_EQ(got, Metadata{});
}

TEST(Metadata, CutsALongEncoderName)
{
    const auto got =
        parse_metadata(message({kOnMetaData, object({{"encoder", {std::string(1000, 'e')}}})}));
    ASSERT_TRUE(got);
    EXPECT_EQ(got->encoder.size(), 255U);
}

TEST(Metadata, RefusesOtherScripts)
{
    EXPECT_EQ(parse_metadata(message({{std::string("onCuePoint")}, object({})})).error().code,
              Errc::unsupported);
    EXPECT_EQ(parse_metadata(message({{1.0}})).error().code, Errc::unsupported);
    EXPECT_EQ(parse_metadata(message({kOnMetaData, {1.0}})).error().code, Errc::malformed);
    EXPECT_EQ(parse_metadata(message({kOnMetaData})).error().code, Errc::truncated);
    EXPECT_EQ(parse_metadata({}).error().code, Errc::truncated);
}

}  // namespace
}  // namespace sluice::flv
