#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/auth/reason.hpp"
#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Who wants to do what. Borrows from the caller.
struct Question {
    std::string_view action;  ///< publish, play
    std::string_view channel;
    std::string_view protocol;  ///< rtmp, rtmps, flv, ws_flv
    std::string_view address;
    std::string_view query;  ///< as it was sent; the signature is left out of the question
};

/// What holds when nobody answers.
struct AuthorisePolicy {
    std::uint32_t timeout_ms = 0;
    bool allow_on_failure = false;
};

struct Authorised {
    bool allowed = false;
    bool failed = false;  ///< there was no answer of use: the policy decided
    std::string reason;   ///< in the words of whoever was asked; for people
};

/// Why somebody is not let in.
auth::Reason reason_of(const Authorised& answer);

/// A callback that fails and a policy that lets in all the same: worth a line.
void note_failure(ngx_log_t& log, const Authorised& answer);

/// One question under way to the server behind `sluice_access_authorise`. It always ends, within
/// the policy's timeout and a little more, unless it is destroyed before. Costs a connection and
/// about 2 KB; a worker has at most 2048 of them and a channel no more than are free, so 1024 when
/// it is the only one; beyond that the policy decides at once.
class Authorisation {
public:
    /// Called once, from the event loop and never from the constructor. May destroy the object.
    using Done = std::function<void(const Authorised&)>;

    /// `socket`: the path of a unix socket; empty: there is nobody to ask.
    Authorisation(std::string_view socket, const Question& question, const AuthorisePolicy& policy,
                  Done done);
    Authorisation(const Authorisation&) = delete;
    Authorisation& operator=(const Authorisation&) = delete;
    ~Authorisation();

private:
    bool open(std::string_view socket);
    void write();
    void read();
    void close();
    void settle(const Authorised& outcome);

    static void on_time(ngx_event_t& event);
    static void on_write(ngx_event_t& event);
    static void on_read(ngx_event_t& event);

    Done done_;
    std::string channel_;
    AuthorisePolicy policy_;
    ngx_event_t timer_{};
    ngx_connection_t* c_ = nullptr;
    std::string out_;  ///< what is left to be sent
    std::string in_;
};

}  // namespace sluice::ngx
