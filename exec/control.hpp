#pragma once

#include <optional>
#include <string>

#include "core/hook/messages.hpp"

namespace sluice::exec {

/// Our end of the socket to the worker.
class Control {
public:
    explicit Control(int socket);
    /// What the worker has not read yet stays there for it.
    ~Control();
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;

    int socket() const { return socket_; }
    /// The worker is gone.
    bool closed() const { return closed_; }

    /// Waits for a packet; empty when the worker is gone.
    std::string receive();
    /// What the worker asks for, if anything.
    std::optional<hook::Request> request();

    /// Drops the report when the worker is behind.
    void tell(const hook::Report& report) const;
    /// Waits until the worker has room for it, at most a second.
    void tell_surely(const hook::Report& report) const;

private:
    std::string receive(int flags);

    int socket_;
    bool closed_ = false;
};

}  // namespace sluice::exec
