#include "unix_listener.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace sluice::control::http {
namespace {

constexpr int kBacklog = 512;
constexpr mode_t kMode = 0660;

tl::unexpected<Error> system_error(const std::string& what)
{
    return fail(Errc::unavailable, what + ": " + std::strerror(errno));
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept
{
    if (this != &other) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = other.release();
    }
    return *this;
}

Descriptor::~Descriptor()
{
    if (fd_ >= 0) ::close(fd_);
}

int Descriptor::release()
{
    return std::exchange(fd_, -1);
}

Result<Descriptor> listen_unix(const std::filesystem::path& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.native().size() >= sizeof address.sun_path) {
        return fail(Errc::invalid, "the path of the socket is too long: " + path.string());
    }
    std::strcpy(address.sun_path, path.c_str());
    const auto* name = reinterpret_cast<const sockaddr*>(&address);

    const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(probe.get(), name, sizeof address) == 0) {
        return fail(Errc::conflict, "another process serves " + path.string());
    }
    ::unlink(path.c_str());
    Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (listener.get() < 0) return system_error("socket");
    if (::bind(listener.get(), name, sizeof address) != 0) {
        return system_error("bind " + path.string());
    }
    ::chmod(path.c_str(), kMode);
    if (::listen(listener.get(), kBacklog) != 0) return system_error("listen");
    return listener;
}

}  // namespace sluice::control::http
