#include "admin_token.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include "service/random.hpp"

namespace sluice::control {
namespace {

constexpr std::size_t kBytes = 32;
constexpr mode_t kMode = 0600;

tl::unexpected<Error> system_error(const std::string& what)
{
    return fail(Errc::unavailable, what + ": " + std::strerror(errno));
}

/// Also removes a trailing new line, which editors leave.
std::optional<std::string> read(const std::filesystem::path& file)
{
    std::ifstream in(file);
    std::string token;
    if (!in || !std::getline(in, token) || token.empty()) return std::nullopt;
    return token;
}

Result<void> write(const std::filesystem::path& file, const std::string& token)
{
    const auto temporary = file.string() + ".new";
    ::unlink(temporary.c_str());
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode);
    if (fd < 0) return system_error("create " + temporary);
    const auto line = token + "\n";
    const bool written =
        ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
        ::fsync(fd) == 0;
    ::close(fd);
    if (!written || ::rename(temporary.c_str(), file.c_str()) != 0) {
        return system_error("write " + file.string());
    }
    return {};
}

}  // namespace

Result<std::string> admin_token(const std::filesystem::path& file, const std::string& given)
{
    const bool visible =
        std::all_of(given.begin(), given.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (!visible) {
        return fail(Errc::invalid, "SLUICE_ADMIN_TOKEN must be visible ASCII without white space");
    }
    const auto held = read(file);
    if (held && (given.empty() || given == *held)) {
        ::chmod(file.c_str(), kMode);
        return *held;
    }
    const auto token = given.empty() ? random_hex(kBytes) : given;
    if (auto done = write(file, token); !done) return tl::unexpected(done.error());
    return token;
}

}  // namespace sluice::control
