#include "held_command.hpp"

#include <utility>

#include "modules/access/access.hpp"
#include "modules/common/guard.hpp"

namespace sluice::ngx {

void hold_command(RtmpSession& session, const Question& question, const AuthorisePolicy& policy,
                  std::function<void(const Authorised&)> go_on)
{
    session.asking =
        new Authorisation(authorise_socket(*session.rtmp), question, policy,
                          [&session, go_on = std::move(go_on)](const Authorised& answer) {
                              drop_held(session);
                              try {
                                  go_on(answer);
                              } catch (...) {
                                  log_exception(session.rtmp->connection->log);
                                  ngx_rtmp_finalize_session(session.rtmp);
                              }
                          });
}

void drop_held(RtmpSession& session)
{
    delete std::exchange(session.asking, nullptr);
}

}  // namespace sluice::ngx
