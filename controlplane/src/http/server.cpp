#include "server.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

#include "connection.hpp"
#include "unix_listener.hpp"

namespace sluice::control::http {

namespace P = Pistache;

class Server::Impl {
public:
    Impl(Options options, Handle handle, Metrics& metrics, Descriptor listener)
        : options_(std::move(options)),
          shared_(std::make_shared<Shared>()),
          listener_(std::move(listener)),
          wake_(::eventfd(0, EFD_CLOEXEC))
    {
        shared_->handle = std::move(handle);
        shared_->max_request = options_.max_request;
        shared_->metrics = &metrics;
        shared_->load = std::vector<std::atomic<int>>(options_.threads);
        reactor_ = P::Aio::Reactor::create();
        reactor_->init(P::Aio::AsyncContext(options_.threads, "api"));
        key_ = reactor_->addHandler(
            std::make_shared<P::Tcp::Transport>(std::make_shared<Connection>(shared_)));
        reactor_->run();
        acceptor_ = std::thread([this] { accept_loop(); });
    }

    ~Impl() { stop(std::chrono::milliseconds(0)); }

    void stop(std::chrono::milliseconds limit)
    {
        if (!acceptor_.joinable()) return;
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto woken = ::write(wake_.get(), &one, sizeof one);
        acceptor_.join();
        ::unlink(options_.socket.c_str());
        listener_ = Descriptor();
        drain(limit);
        reactor_->shutdown();
    }

private:
    void drain(std::chrono::milliseconds limit) const
    {
        const auto deadline = std::chrono::steady_clock::now() + limit;
        while (shared_->in_flight > 0 && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

    void accept_loop()
    {
        std::vector<pollfd> wanted{{listener_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
        while (true) {
            if (::poll(wanted.data(), wanted.size(), -1) < 0) continue;
            if (wanted[1].revents != 0) return;
            const int fd =
                ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (fd >= 0) {
                hand_over(fd);
            } else if (errno == EMFILE || errno == ENFILE) {
                // The connection stays in the backlog: don't spin on it.
                ::poll(&wanted[1], 1, 50);
            }
        }
    }

    /// To the thread with the fewest connections: a handler may wait for nginx and hold its
    /// thread meanwhile.
    void hand_over(int fd)
    {
        const auto least = std::min_element(shared_->load.begin(), shared_->load.end());
        const auto index = static_cast<std::size_t>(least - shared_->load.begin());
        least->fetch_add(1);
        const auto peer = P::Tcp::Peer::Create(fd, P::Address());
        peer->putData(kThread, std::make_shared<std::size_t>(index));
        const auto transports = reactor_->handlers(key_);
        std::static_pointer_cast<P::Tcp::Transport>(transports.at(index))->handleNewPeer(peer);
    }

    Options options_;
    std::shared_ptr<Shared> shared_;
    Descriptor listener_;
    Descriptor wake_;
    std::shared_ptr<P::Aio::Reactor> reactor_;
    P::Aio::Reactor::Key key_;
    std::thread acceptor_;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(Options options, Handle handle, Metrics& metrics)
{
    auto listener = listen_unix(options.socket);
    if (!listener) return tl::unexpected(listener.error());
    auto impl = std::make_unique<Impl>(std::move(options), std::move(handle), metrics,
                                       std::move(*listener));
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

void Server::stop(std::chrono::milliseconds limit)
{
    impl_->stop(limit);
}

}  // namespace sluice::control::http
