#include "image_header.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace sluice::control {
namespace {

using namespace std::string_view_literals;

constexpr std::array<ImageFormat, 4> kFormats{ImageFormat{"png", "image/png", "png_pipe"},
                                              {"jpg", "image/jpeg", "jpeg_pipe"},
                                              {"gif", "image/gif", "gif"},
                                              {"webp", "image/webp", "webp_pipe"}};

using Found = std::optional<ImageHeader>;

/// Both as any of the formats has them: `count` bytes at `at`, which are there.
std::uint32_t big(std::string_view bytes, std::size_t at, std::size_t count)
{
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
    }
    return value;
}

std::uint32_t little(std::string_view bytes, std::size_t at, std::size_t count)
{
    std::uint32_t value = 0;
    for (std::size_t i = count; i-- > 0;) {
        value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
    }
    return value;
}

/// PNG third edition, 11.2.1: IHDR comes first.
Found png(std::string_view bytes)
{
    if (bytes.size() < 24 || bytes.substr(12, 4) != "IHDR"sv) return std::nullopt;
    return ImageHeader{ImageKind::png, big(bytes, 16, 4), big(bytes, 20, 4)};
}

/// GIF89a, 18: the logical screen.
Found gif(std::string_view bytes)
{
    if (bytes.size() < 10) return std::nullopt;
    return ImageHeader{ImageKind::gif, little(bytes, 6, 2), little(bytes, 8, 2)};
}

/// RFC 9649, 2.5 to 2.7; RFC 6386, 9.1.
Found webp(std::string_view bytes)
{
    if (bytes.size() < 30) return std::nullopt;
    const auto chunk = bytes.substr(12, 4);
    if (chunk == "VP8X"sv) {
        return ImageHeader{ImageKind::webp, little(bytes, 24, 3) + 1, little(bytes, 27, 3) + 1};
    }
    if (chunk == "VP8 "sv) {
        return ImageHeader{ImageKind::webp, little(bytes, 26, 2) & 0x3fff,
                           little(bytes, 28, 2) & 0x3fff};
    }
    if (chunk != "VP8L"sv) return std::nullopt;
    const auto sizes = little(bytes, 21, 4);
    return ImageHeader{ImageKind::webp, (sizes & 0x3fff) + 1, (sizes >> 14 & 0x3fff) + 1};
}

/// ITU-T T.81, table B.1: a frame header of any process; three markers among them are none.
bool begins_frame(std::uint32_t marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/// ITU-T T.81, B.1.1.4 and B.2.2: segments up to the frame header.
Found jpeg(std::string_view bytes)
{
    std::size_t at = 2;
    while (at + 9 <= bytes.size()) {
        if (bytes[at] != '\xff') return std::nullopt;
        const auto marker = big(bytes, at + 1, 1);
        if (marker == 0xff) {  // a fill byte
            ++at;
            continue;
        }
        if (begins_frame(marker)) {
            return ImageHeader{ImageKind::jpeg, big(bytes, at + 7, 2), big(bytes, at + 5, 2)};
        }
        at += 2 + big(bytes, at + 2, 2);
    }
    return std::nullopt;
}

}  // namespace

const ImageFormat& format_of(ImageKind kind)
{
    return kFormats.at(static_cast<std::size_t>(kind));
}

std::optional<ImageKind> image_kind(std::string_view media_type)
{
    const auto found = std::ranges::find(kFormats, media_type, &ImageFormat::media_type);
    if (found == kFormats.end()) return std::nullopt;
    return static_cast<ImageKind>(found - kFormats.begin());
}

Found image_header(std::string_view bytes)
{
    if (bytes.starts_with("\x89PNG\r\n\x1a\n"sv)) return png(bytes);
    if (bytes.starts_with("\xff\xd8\xff"sv)) return jpeg(bytes);
    if (bytes.starts_with("GIF87a"sv) || bytes.starts_with("GIF89a"sv)) return gif(bytes);
    if (bytes.starts_with("RIFF"sv) && bytes.substr(0, 12).ends_with("WEBP"sv)) return webp(bytes);
    return std::nullopt;
}

}  // namespace sluice::control
