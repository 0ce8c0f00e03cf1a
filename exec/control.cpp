#include "control.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>

namespace sluice::exec {

Control::Control(int socket) : socket_(socket)
{
    // Each wait says for itself whether it is one.
    fcntl(socket_, F_SETFL, fcntl(socket_, F_GETFL) & ~O_NONBLOCK);
    const timeval longest{.tv_sec = 1, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &longest, sizeof longest);
}

Control::~Control()
{
    // A socket that closes with something unread gives the worker an error in place of our last
    // words.
    shutdown(socket_, SHUT_RD);
    while (!closed_ && !receive(MSG_DONTWAIT).empty()) {
    }
    close(socket_);
}

std::string Control::receive()
{
    return receive(0);
}

std::optional<hook::Request> Control::request()
{
    const auto packet = receive(MSG_DONTWAIT);
    const auto asked = hook::decode_request(packet);
    return asked ? std::optional(*asked) : std::nullopt;
}

void Control::tell(const hook::Report& report) const
{
    const auto packet = hook::encode(report);
    send(socket_, packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Control::tell_surely(const hook::Report& report) const
{
    const auto packet = hook::encode(report);
    while (send(socket_, packet.data(), packet.size(), MSG_NOSIGNAL) < 0 && errno == EINTR) {
    }
}

std::string Control::receive(int flags)
{
    std::string packet(hook::kMaxMessage, '\0');
    ssize_t got = 0;
    do {
        got = recv(socket_, packet.data(), packet.size(), flags);
    } while (got < 0 && errno == EINTR);
    if (got == 0 || (got < 0 && errno != EAGAIN)) closed_ = true;
    packet.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return packet;
}

}  // namespace sluice::exec
