#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::control {

/// Formats that a watermark may have.
enum class ImageKind : std::uint8_t { png, jpeg, gif, webp };

struct ImageFormat {
    const char* extension;
    const char* media_type;
    const char* demuxer;  ///< FFmpeg's name for it
};

const ImageFormat& format_of(ImageKind kind);

/// The kind with this media type; nothing when it is none of ours.
std::optional<ImageKind> image_kind(std::string_view media_type);

/// What the first bytes of an image say of it.
struct ImageHeader {
    ImageKind kind = ImageKind::png;
    std::uint32_t width = 0;
    std::uint32_t height = 0;

    bool operator==(const ImageHeader&) const = default;
};

/// Judges by the content alone. Nothing when it is none of the formats, or ends within its header.
std::optional<ImageHeader> image_header(std::string_view bytes);

}  // namespace sluice::control
