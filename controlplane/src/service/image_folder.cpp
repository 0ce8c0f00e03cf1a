#include "image_folder.hpp"

#include <utility>

#include "../log.hpp"
#include "../nginx/command.hpp"
#include "../nginx/file.hpp"
#include "image_file.hpp"
#include "random.hpp"

namespace sluice::control {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kDecodeLimit{5};
constexpr mode_t kMode = 0640;
constexpr auto kTrial = "trial-";  ///< begins the names of files that are being judged

}  // namespace

ImageFolder::ImageFolder(fs::path folder, Decode decode)
    : folder_(std::move(folder)), decode_(std::move(decode))
{
    std::error_code error;
    fs::create_directories(folder_, error);
    fs::permissions(folder_, fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec,
                    error);
    for (const auto& entry : fs::directory_iterator(folder_, error)) {
        const bool unfinished = entry.path().extension() == ".new" ||
                                entry.path().filename().string().starts_with(kTrial);
        if (unfinished) fs::remove(entry.path(), error);
    }
}

Result<ImageHeader> ImageFolder::check(std::string_view bytes) const
{
    if (bytes.size() > kMaxBytes) {
        return fail(Errc::too_large,
                    "an image may have " + std::to_string(kMaxBytes >> 20) + " MiB at most");
    }
    const auto header = image_header(bytes);
    if (!header) {
        return fail(Errc::unsupported_media, "this is no PNG, JPEG, GIF or WebP image");
    }
    if (header->width > kMaxSide || header->height > kMaxSide) {
        const auto side = std::to_string(kMaxSide);
        return fail(Errc::invalid,
                    "an image may have " + side + " x " + side + " pixels at most, this one has " +
                        std::to_string(header->width) + " x " + std::to_string(header->height));
    }
    const auto trial = folder_ / (kTrial + random_hex(8));
    auto done = nginx::write_file(trial, bytes, kMode);
    if (done) done = decode_(trial, header->kind);
    std::error_code ignored;
    fs::remove(trial, ignored);
    if (!done) return tl::unexpected(done.error());
    return *header;
}

Result<void> ImageFolder::put(const std::string& name, ImageKind kind, std::string_view bytes)
{
    const auto file = name + "." + format_of(kind).extension;
    if (auto done = nginx::write_file(folder_ / file, bytes, kMode); !done) return done;
    remove_others(name, file);
    return {};
}

void ImageFolder::remove(std::string_view name)
{
    remove_others(name, {});
}

void ImageFolder::remove_others(std::string_view name, const std::string& kept)
{
    for (const auto kind : {ImageKind::png, ImageKind::jpeg, ImageKind::gif, ImageKind::webp}) {
        const auto file = std::string(name) + "." + format_of(kind).extension;
        std::error_code ignored;
        if (file != kept) fs::remove(folder_ / file, ignored);
    }
}

std::vector<std::string> ImageFolder::names() const
{
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder_, error)) {
        const auto name = entry.path().stem().string();
        if (is_image_name(name) && !name.starts_with(kTrial)) names.push_back(name);
    }
    return names;
}

ImageFolder::Decode decode_with(const std::string& ffmpeg)
{
    return [ffmpeg](const fs::path& file, ImageKind kind) -> Result<void> {
        const auto pixels = std::uint64_t{ImageFolder::kMaxSide} * ImageFolder::kMaxSide;
        const auto done = nginx::run({ffmpeg,
                                      "-nostdin",
                                      "-v",
                                      "error",
                                      "-xerror",
                                      "-abort_on",
                                      "empty_output",
                                      "-max_pixels",
                                      std::to_string(pixels),
                                      "-err_detect",
                                      "explode",
                                      "-threads",
                                      "1",
                                      "-f",
                                      format_of(kind).demuxer,
                                      "-i",
                                      "file:" + file.string(),
                                      "-map",
                                      "0:v:0",
                                      "-frames:v",
                                      "1",
                                      "-f",
                                      "null",
                                      "-"},
                                     kDecodeLimit);
        if (!done && done.error().code == Errc::unavailable) {
            return fail(Errc::invalid, "the image can't be decoded within five seconds");
        }
        if (!done) {
            log_message(Level::error, done.error().detail);
            return fail(Errc::unavailable, "FFmpeg, which looks at images, can't be started");
        }
        if (done->status != 0) return fail(Errc::invalid, "the image is damaged");
        return {};
    };
}

}  // namespace sluice::control
