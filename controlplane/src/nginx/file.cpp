#include "file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace sluice::control::nginx {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> failed(const fs::path& path)
{
    return fail(Errc::internal, path.string() + ": " + std::strerror(errno));
}

bool write_all(int fd, std::string_view content)
{
    while (!content.empty()) {
        const auto written = write(fd, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        content.remove_prefix(written);
    }
    return true;
}

}  // namespace

void sync_folder(const fs::path& folder)
{
    const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    fsync(fd);
    close(fd);
}

std::optional<std::string> read_file(const fs::path& path)
{
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::nullopt;
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

Result<void> write_file(const fs::path& path, std::string_view content, mode_t mode)
{
    const fs::path temporary = path.string() + ".new";
    const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0) return failed(temporary);
    // Not left to the umask: a file of an earlier attempt may be there with another mode.
    const bool ok = fchmod(fd, mode) == 0 && write_all(fd, content) && fsync(fd) == 0;
    const int error = errno;
    close(fd);
    errno = error;
    if (!ok || rename(temporary.c_str(), path.c_str()) != 0) return failed(path);
    sync_folder(path.parent_path());
    return {};
}

Result<void> point_link(const fs::path& link, const fs::path& target)
{
    const fs::path temporary = link.string() + ".new";
    unlink(temporary.c_str());
    if (symlink(target.c_str(), temporary.c_str()) != 0) return failed(temporary);
    if (rename(temporary.c_str(), link.c_str()) != 0) return failed(link);
    sync_folder(link.parent_path());
    return {};
}

}  // namespace sluice::control::nginx
