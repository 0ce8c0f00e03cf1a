#include "file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "core/auth/digest.hpp"

namespace sluice::channel {
namespace {

constexpr std::size_t kHashChunk = std::size_t{256} * 1024;

tl::unexpected<Error> io(std::string_view where, std::uint64_t offset = 0)
{
    return tl::unexpected(Error{Errc::io, where, static_cast<std::size_t>(offset)});
}

}  // namespace

Result<File> File::open(const std::filesystem::path& path, int flags, unsigned mode)
{
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0) return io("open file");
    return File(fd);
}

File::~File()
{
    if (fd_ >= 0) ::close(fd_);
}

Result<std::uint64_t> File::size() const
{
    struct stat status {};
    if (::fstat(fd_, &status) != 0) return io("stat file");
    if (!S_ISREG(status.st_mode)) return tl::unexpected(Error{Errc::malformed, "not a file"});
    return static_cast<std::uint64_t>(status.st_size);
}

Result<std::size_t> File::read_at(void* to, std::size_t size, std::uint64_t offset) const
{
    for (;;) {
        const auto n = ::pread(fd_, to, size, static_cast<off_t>(offset));
        if (n >= 0) return static_cast<std::size_t>(n);
        if (errno != EINTR) return io("read file", offset);
    }
}

Result<void> File::write_all(std::string_view bytes) const
{
    while (!bytes.empty()) {
        const auto n = ::write(fd_, bytes.data(), bytes.size());
        if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
        if (n < 0 && errno != EINTR) return io("write file");
    }
    return {};
}

void File::begin_sync() const
{
    // Only a hint: sync() reports what goes wrong.
    (void)::sync_file_range(fd_, 0, 0, SYNC_FILE_RANGE_WRITE);
}

Result<void> File::sync() const
{
    if (::fsync(fd_) != 0) return io("sync file");
    return {};
}

Result<std::string> read_small_file(const std::filesystem::path& path, std::size_t max_bytes)
{
    const auto file = File::open(path, O_RDONLY | O_NONBLOCK);
    if (!file) return tl::unexpected(file.error());
    const auto size = file->size();
    if (!size) return tl::unexpected(size.error());
    if (*size > max_bytes) return tl::unexpected(Error{Errc::limit, "file size"});

    std::string bytes(*size, '\0');
    std::size_t at = 0;
    while (at < bytes.size()) {
        const auto n = file->read_at(bytes.data() + at, bytes.size() - at, at);
        if (!n) return tl::unexpected(n.error());
        if (*n == 0) break;
        at += *n;
    }
    bytes.resize(at);
    return bytes;
}

Result<std::string> sha256_of(const File& file)
{
    auth::Sha256 hash;
    std::vector<std::uint8_t> chunk(kHashChunk);
    for (std::uint64_t at = 0;;) {
        const auto n = file.read_at(chunk.data(), chunk.size(), at);
        if (!n) return tl::unexpected(n.error());
        if (*n == 0) break;
        hash.update(std::span(chunk).first(*n));
        at += *n;
    }
    return auth::to_hex(hash.finish());
}

}  // namespace sluice::channel
