#pragma once

#include <functional>

#include "modules/access/authorise.hpp"
#include "session.hpp"

namespace sluice::ngx {

/// Asks whether the session may do what its command wants, and lets the command wait: until the
/// answer the session takes no media and no other publish or play. Its set-up deadline goes on.
void hold_command(RtmpSession& session, const Question& question, const AuthorisePolicy& policy,
                  std::function<void(const Authorised&)> go_on);

/// The session ended, or its stream was closed: nobody waits for the answer any more.
void drop_held(RtmpSession& session);

}  // namespace sluice::ngx
