#include "run_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sluice::supervisor {
namespace {

std::string content_of(int fd)
{
    std::array<char, 32> text{};
    const auto got = pread(fd, text.data(), text.size() - 1, 0);
    std::string content(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    while (!content.empty() && content.back() == '\n') content.pop_back();
    return content;
}

}  // namespace

tl::expected<RunLock, std::string> RunLock::take(const std::filesystem::path& file)
{
    const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0) return tl::unexpected(file.string() + ": " + std::strerror(errno));
    RunLock lock(fd);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        const auto holder = content_of(fd);
        close(std::exchange(lock.fd_, -1));
        return tl::unexpected("already running in this folder" +
                              (holder.empty() ? std::string() : " as process " + holder));
    }
    const auto text = std::to_string(getpid()) + "\n";
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text.data(), text.size(), 0) < 0) {
        return tl::unexpected(file.string() + ": " + std::strerror(errno));
    }
    return lock;
}

RunLock::RunLock(RunLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

RunLock::~RunLock()
{
    if (fd_ < 0) return;
    if (ftruncate(fd_, 0) != 0) {
        // The lock is what counts; the text is for people.
    }
    close(fd_);
}

}  // namespace sluice::supervisor
