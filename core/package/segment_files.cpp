#include "segment_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

namespace sluice::package {
namespace {

namespace fs = std::filesystem;

// Others of the group may read them, as with everything of the instance.
constexpr mode_t kFileMode = 0640;
constexpr mode_t kFolderMode = 0750;

char letter_of(Lane lane)
{
    return lane == Lane::audio ? 'a' : 'v';
}

std::string period_folder(std::string_view root, std::string_view stream, std::uint64_t period)
{
    return stream_folder(root, stream) + '/' + std::to_string(period);
}

tl::unexpected<Error> refused(std::string_view what)
{
    return tl::unexpected(Error{Errc::io, what});
}

int create(const std::string& path)
{
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, kFileMode);
}

bool is_number(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_ours(std::string_view name)
{
    if (name == "v.mp4" || name == "a.mp4") return true;
    if (name.ends_with(".ts")) return is_number(name.substr(0, name.size() - 3));
    const bool lane = name.starts_with("v-") || name.starts_with("a-");
    return lane && name.ends_with(".m4s") && is_number(name.substr(2, name.size() - 6));
}

/// The digits that are in a name of ours, or in a period's; 0 without any.
std::uint64_t number_in(std::string_view name)
{
    const auto first = name.find_first_of("0123456789");
    if (first == std::string_view::npos) return 0;
    std::uint64_t number = 0;
    std::from_chars(name.data() + first, name.data() + name.size(), number);
    return number;
}

/// One of our period folders: goes with our files in it. The highest number in their names.
std::uint64_t remove_period_folder(const fs::path& folder)
{
    std::error_code ignored;
    auto highest = number_in(folder.filename().string());
    for (const auto& file : fs::directory_iterator(folder, ignored)) {
        const auto name = file.path().filename().string();
        if (!is_ours(name)) continue;
        if (!name.ends_with(".mp4")) highest = std::max(highest, number_in(name));
        fs::remove(file.path(), ignored);
    }
    ::rmdir(folder.c_str());
    return highest;
}

}  // namespace

std::string stream_folder(std::string_view root, std::string_view stream)
{
    std::string name(stream);
    std::ranges::replace(name, '/', '+');
    return std::string(root) + '/' + name;
}

std::string init_path(std::string_view root, std::string_view stream, std::uint64_t period,
                      Lane lane)
{
    return period_folder(root, stream, period) + '/' + letter_of(lane) + ".mp4";
}

std::string segment_path(std::string_view root, std::string_view stream, std::uint64_t period,
                         Lane lane, std::uint64_t sequence)
{
    auto path = period_folder(root, stream, period) + '/';
    if (lane == Lane::transport) return path + std::to_string(sequence) + ".ts";
    return path + letter_of(lane) + '-' + std::to_string(sequence) + ".m4s";
}

SegmentFiles::SegmentFiles(std::string root, std::string stream)
    : root_(std::move(root)), stream_(std::move(stream))
{}

SegmentFiles::~SegmentFiles()
{
    for (const auto lane : {Lane::video, Lane::audio, Lane::transport}) close(lane);
}

Result<std::uint64_t> SegmentFiles::begin_period(std::uint64_t first)
{
    constexpr int kAttempts = 16;
    period_ = first;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        // Between the two somebody may remove the stream's folder because it is empty.
        ::mkdir(stream_folder(root_, stream_).c_str(), kFolderMode);
        if (::mkdir(period_folder(root_, stream_, period_).c_str(), kFolderMode) == 0)
            return period_;
        if (errno == EEXIST) ++period_;
        if (errno != EEXIST && errno != ENOENT) break;
    }
    return refused("folder of the live window");
}

Result<void> SegmentFiles::write_init(Lane lane, std::span<const std::uint8_t> bytes)
{
    const int fd = create(init_path(root_, stream_, period_, lane));
    if (fd == -1) return refused("initialisation segment");
    const auto done = write_all(fd, {bytes});
    ::close(fd);
    return done;
}

Result<void> SegmentFiles::open(Lane lane, std::uint64_t sequence)
{
    close(lane);
    auto& fd = fds_[static_cast<std::size_t>(lane)];
    fd = create(segment_path(root_, stream_, period_, lane, sequence));
    if (fd == -1) return refused("segment");
    return {};
}

Result<void> SegmentFiles::append(Lane lane, Pieces pieces)
{
    const int fd = fds_[static_cast<std::size_t>(lane)];
    if (fd == -1) return tl::unexpected(Error{Errc::io, "segment that is not open"});
    const auto done = write_all(fd, pieces);
    if (!done) {
        const auto reason = errno;
        close(lane);
        errno = reason;
    }
    return done;
}

void SegmentFiles::close(Lane lane)
{
    auto& fd = fds_[static_cast<std::size_t>(lane)];
    if (fd != -1) ::close(fd);
    fd = -1;
}

Result<void> SegmentFiles::write_all(int fd, Pieces pieces) const
{
    std::array<iovec, 4> left{};
    int count = 0;
    for (const auto& piece : pieces) {
        if (piece.empty()) continue;
        left.at(static_cast<std::size_t>(count++)) = {const_cast<std::uint8_t*>(piece.data()),
                                                      piece.size()};
    }
    auto* next = left.data();
    while (count > 0) {
        const auto written = ::writev(fd, next, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return refused("write");
        auto gone = static_cast<std::size_t>(written);
        while (count > 0 && gone >= next->iov_len) {
            gone -= next->iov_len;
            ++next;
            --count;
        }
        if (count > 0) {
            next->iov_base = static_cast<std::uint8_t*>(next->iov_base) + gone;
            next->iov_len -= gone;
        }
    }
    return {};
}

void SegmentFiles::remove_segment(std::uint64_t period, Lane lane, std::uint64_t sequence) const
{
    ::unlink(segment_path(root_, stream_, period, lane, sequence).c_str());
}

void SegmentFiles::remove_period(std::uint64_t period) const
{
    remove_period_folder(period_folder(root_, stream_, period));
}

void remove_files(std::string_view root, const Window& window)
{
    if (window.name_size == 0) return;
    for (auto number = window.first_period; number < window.end_period; ++number) {
        remove_period_folder(period_folder(root, window.name_text(), window.period_at(number).id));
    }
    ::rmdir(stream_folder(root, window.name_text()).c_str());
}

std::uint64_t remove_leftovers(const std::string& root)
{
    std::error_code ignored;
    std::uint64_t next = 0;
    for (const auto& stream : fs::directory_iterator(root, ignored)) {
        if (!stream.is_directory(ignored) || stream.is_symlink(ignored)) continue;
        for (const auto& period : fs::directory_iterator(stream.path(), ignored)) {
            const bool ours = period.is_directory(ignored) && !period.is_symlink(ignored) &&
                              is_number(period.path().filename().string());
            if (ours) next = std::max(next, remove_period_folder(period.path()) + 1);
        }
        ::rmdir(stream.path().c_str());
    }
    return next;
}

}  // namespace sluice::package
