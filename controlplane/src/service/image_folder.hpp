#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "../result.hpp"
#include "image_header.hpp"

namespace sluice::control {

/// DIR/assets: images that hooks read, each of them decoded once before it got there. Thread-safe.
class ImageFolder {
public:
    static constexpr std::size_t kMaxBytes = 4u << 20;
    static constexpr std::uint32_t kMaxSide = 7680;

    /// Whether a file can be decoded as what it is.
    using Decode = std::function<Result<void>(const std::filesystem::path&, ImageKind)>;

    /// Made where it is absent; what an earlier process left half done is removed.
    ImageFolder(std::filesystem::path folder, Decode decode);

    /// Judges an image by its content. Errors: too_large (kMaxBytes), unsupported_media (no image
    /// that Sluice takes), invalid (too many pixels, damaged).
    Result<ImageHeader> check(std::string_view bytes) const;

    /// Writes an image under this name (is_image_name()), in one step; one of another kind that had
    /// it goes.
    Result<void> put(const std::string& name, ImageKind kind, std::string_view bytes);
    void remove(std::string_view name);

    const std::filesystem::path& path() const { return folder_; }
    std::vector<std::string> names() const;

private:
    void remove_others(std::string_view name, const std::string& kept);

    std::filesystem::path folder_;
    Decode decode_;
};

/// Decodes with FFmpeg's program, for at most five seconds.
ImageFolder::Decode decode_with(const std::string& ffmpeg);

}  // namespace sluice::control
