#pragma once

#include <optional>

#include "../service/idempotency.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// What `Idempotency-Key` asks for; nothing when it was not sent. `scope` says within what the key
/// is known. Errc::invalid when it is no key.
Result<std::optional<OnceOnly>> once_of(const Request& request, std::string scope);

/// Makes a POST heed `Idempotency-Key`: `handler` runs once for each key of a caller, method and
/// address; the same request again gets the same answer, with `Idempotency-Replayed: true` and
/// without a secret that was in it. Errors are not kept: the request may be sent again.
/// When the answer can't be kept, the key stays taken. `memory`
/// must outlive the handler that comes out.
Handler once_only(Idempotency& memory, Handler handler);

}  // namespace sluice::control::http
