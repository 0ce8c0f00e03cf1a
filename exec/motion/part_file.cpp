#include "part_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sluice::motion {
namespace {

constexpr mode_t kMode = 0640;

}  // namespace

tl::expected<std::unique_ptr<PartFile>, std::string> PartFile::create(
    const std::filesystem::path& folder, const std::string& name)
{
    const auto path = folder / (name + kEnding);
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode);
    if (file < 0) return tl::unexpected(path.string() + ": " + std::strerror(errno));
    flock(file, LOCK_EX | LOCK_NB);
    return std::unique_ptr<PartFile>(new PartFile(path, file));
}

std::unique_ptr<PartFile> PartFile::take_over(const std::filesystem::path& path)
{
    const int file = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) return nullptr;
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        close(file);
        return nullptr;
    }
    return std::unique_ptr<PartFile>(new PartFile(path, file));
}

PartFile::~PartFile()
{
    close(file_);
}

std::filesystem::path PartFile::beside(const std::string& ending) const
{
    auto path = path_;
    return path.replace_extension(ending);
}

bool PartFile::append(std::span<const std::uint8_t> bytes) const
{
    while (!bytes.empty()) {
        const auto written = write(file_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace sluice::motion
