#include "log_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace sluice::process {
namespace {

namespace fs = std::filesystem;

fs::path numbered(const fs::path& path, unsigned number)
{
    return number == 0 ? path : fs::path(path.string() + "." + std::to_string(number));
}

}  // namespace

bool rotate(const fs::path& path, std::uintmax_t limit, unsigned kept)
{
    std::error_code error;
    const auto size = fs::file_size(path, error);
    if (error || size < limit) return false;
    for (unsigned n = kept; n > 0; --n) fs::rename(numbered(path, n - 1), numbered(path, n), error);
    return !fs::exists(path, error);
}

LogFile::~LogFile()
{
    if (fd_ >= 0) close(fd_);
}

void LogFile::write(std::string_view text)
{
    if (fd_ >= 0 && size_ >= limit_ && rotate(path_, limit_, kept_)) {
        close(fd_);
        fd_ = -1;
    }
    if (fd_ < 0) open();
    while (fd_ >= 0 && !text.empty()) {
        const auto written = ::write(fd_, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        size_ += static_cast<std::uintmax_t>(written);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

void LogFile::open()
{
    // Not even a FIFO that nobody reads may hold us up.
    constexpr int how = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    fd_ = ::open(path_.c_str(), how, 0640);
    std::error_code error;
    size_ = fs::file_size(path_, error);
    if (error) size_ = 0;
}

}  // namespace sluice::process
