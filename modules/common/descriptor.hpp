#pragma once

#include "ngx.hpp"

namespace sluice::ngx {

/// One end of a pipe or a socket in the event loop, that is none of nginx's connections with a
/// peer. Owns the descriptor. Edge-triggered: whoever is told reads or writes until EAGAIN.
class Descriptor {
public:
    /// Where to send what happens; outlives the descriptor.
    struct Owner {
        virtual void ready(Descriptor& descriptor) = 0;

    protected:
        ~Owner() = default;
    };
    enum class For : std::uint8_t { reading, writing };

    Descriptor() = default;
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { close(); }

    /// Takes over `fd`, which must not block. False: there is no place for it; it is closed.
    bool open(int fd, For what, Owner& owner);
    void close();

    /// Is told again in the next turn of the event loop, when the others had theirs.
    void again_later();

    bool is_open() const { return connection_ != nullptr; }
    int fd() const { return connection_->fd; }

private:
    static void happened(ngx_event_t& event);

    ngx_connection_t* connection_ = nullptr;
    Owner* owner_ = nullptr;
};

}  // namespace sluice::ngx
