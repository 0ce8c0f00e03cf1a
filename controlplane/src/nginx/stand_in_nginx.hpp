#pragma once

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "core/channel/manifest.hpp"
#include "file.hpp"

namespace sluice::control::nginx {

/// For tests: a process that looks to the control plane like an nginx master. On SIGHUP it takes
/// over what DIR/nginx/current points to, or, when that configuration listens on `refused_port`,
/// says so in its log and stays as it is; on the control socket it reports its generation and the
/// snapshot's.
class StandInNginx {
public:
    StandInNginx(std::filesystem::path dir, unsigned workers, std::string refused_port = "none")
        : dir_(std::move(dir)), workers_(workers), refused_("0.0.0.0:" + refused_port)
    {
        std::filesystem::create_directories(dir_ / "run");
        std::filesystem::create_directories(dir_ / "logs");
        const int listener = listen_on(dir_ / "run/control.sock");
        pid_ = fork();
        if (pid_ == 0) serve(listener);
        close(listener);
        while (!std::filesystem::exists(dir_ / "run/nginx.pid")) usleep(1000);
    }
    ~StandInNginx()
    {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
        std::filesystem::remove(dir_ / "run/nginx.pid");
        std::filesystem::remove(dir_ / "run/control.sock");
    }
    StandInNginx(const StandInNginx&) = delete;
    StandInNginx& operator=(const StandInNginx&) = delete;

    /// How often it was told to reload.
    unsigned reloads() const
    {
        const auto text = read_file(dir_ / "run/reloads").value_or("");
        return static_cast<unsigned>(text.size());
    }

private:
    static int listen_on(const std::filesystem::path& path)
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.native().copy(address.sun_path, sizeof address.sun_path - 1);
        const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
            listen(fd, 64) != 0)
            abort();
        return fd;
    }

    static void on_hup(int) { hup() = 1; }
    static volatile sig_atomic_t& hup()
    {
        static volatile sig_atomic_t flag = 0;
        return flag;
    }

    [[noreturn]] void serve(int listener)
    {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, "nginx");
        signal(SIGHUP, on_hup);
        generation_ = current();
        (void)write_file(dir_ / "run/nginx.pid", std::to_string(getpid()) + "\n", 0640);
        for (;;) {
            pollfd waiting{listener, POLLIN, 0};
            const int ready = poll(&waiting, 1, 5);
            if (hup() != 0) reload();
            if (ready > 0) answer(accept(listener, nullptr, nullptr));
        }
    }

    unsigned current() const
    {
        std::error_code error;
        const auto name =
            std::filesystem::read_symlink(dir_ / "nginx/current", error).filename().string();
        return name.size() > 4 ? static_cast<unsigned>(std::strtoul(name.c_str() + 4, nullptr, 10))
                               : 0;
    }

    void reload()
    {
        hup() = 0;
        std::ofstream(dir_ / "run/reloads", std::ios::app) << '.';
        const auto conf = read_file(dir_ / "nginx/current/nginx.conf").value_or("");
        if (conf.find(refused_) == std::string::npos) {
            generation_ = current();
            return;
        }
        std::ofstream(dir_ / "logs/error.log", std::ios::app)
            << "2026/01/01 00:00:00 [emerg] 12#12: bind() to " << refused_
            << " failed (98: Address already in use)\n";
    }

    void answer(int fd) const
    {
        std::array<char, 4096> request;
        if (read(fd, request.data(), request.size()) < 0) abort();
        const auto manifest = channel::read_manifest(dir_ / "channels");
        nlohmann::json body{{"workers", nlohmann::json::array()}};
        for (unsigned slot = 0; slot < workers_; ++slot) {
            body["workers"].push_back({{"slot", slot},
                                       {"config_generation", generation_},
                                       {"snapshot_generation", manifest ? manifest->generation : 0},
                                       {"exiting", false}});
        }
        const auto text = body.dump();
        const auto reply =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: "
            "close\r\nContent-Length: " +
            std::to_string(text.size()) + "\r\n\r\n" + text;
        if (write(fd, reply.data(), reply.size()) < 0) abort();
        close(fd);
    }

    std::filesystem::path dir_;
    unsigned workers_;
    std::string refused_;
    unsigned generation_ = 0;
    pid_t pid_ = -1;
};

}  // namespace sluice::control::nginx
