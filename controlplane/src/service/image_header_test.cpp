#include "image_header.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sluice::control {
namespace {

using namespace std::string_literals;

struct Sample {
    const char* name;
    std::string bytes;
    ImageHeader header;
};

/// The first bytes of images as encoders write them.
const Sample kSamples[]{
    {"png", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x40\0\0\0\x30"s, {ImageKind::png, 64, 48}},
    {"a tiny png of a huge picture",
     "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff"s,
     {ImageKind::png, 0x7fffffff, 0x7fffffff}},
    {"gif", "GIF89a\x40\x01\x30\0"s, {ImageKind::gif, 320, 48}},
    {"jpeg behind a comment and a fill byte",
     "\xff\xd8\xff\xfe\0\x04hi\xff\xff\xc2\0\x11\x08\0\x30\x01\x40"s,
     {ImageKind::jpeg, 320, 48}},
    {"webp, lossy",
     "RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x40\x01\x30\0"s,
     {ImageKind::webp, 320, 48}},
    {"webp, lossless",
     "RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x3f\xc1\x0b\0\0\0\0\0\0"s,
     {ImageKind::webp, 320, 48}},
    {"webp, extended",
     "RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x3f\x01\0\x2f\0\0"s,
     {ImageKind::webp, 320, 48}},
};

TEST(ImageHeader, SaysKindAndSizeByTheContent)
{
    for (const auto& sample : kSamples) {
        EXPECT_EQ(image_header(sample.bytes), sample.header) << sample.name;
    }
}

TEST(ImageHeader, IsNothingWhenItIsCutOff)
{
    for (const auto& sample : kSamples) {
        for (std::size_t n = 0; n < sample.bytes.size(); ++n) {
            EXPECT_FALSE(image_header(sample.bytes.substr(0, n))) << sample.name << " " << n;
        }
    }
}

TEST(ImageHeader, IsNothingOfWhatNoWatermarkMayBe)
{
    for (const auto& bytes : {"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\"/>"s,
                              "<!DOCTYPE html><html></html>"s, "#EXTM3U\nfile:///etc/passwd\n"s,
                              "ffconcat version 1.0\n"s, "BM\0\0\0\0"s, "RIFF\0\0\0\0AVI LIST"s}) {
        EXPECT_FALSE(image_header(bytes)) << bytes;
    }
}

TEST(ImageHeader, KnowsMediaTypes)
{
    EXPECT_EQ(image_kind("image/webp"), ImageKind::webp);
    EXPECT_EQ(image_kind("image/svg+xml"), std::nullopt);
}

}  // namespace
}  // namespace sluice::control
