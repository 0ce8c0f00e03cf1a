#include "once_only.hpp"

#include <algorithm>
#include <utility>

#include "../log.hpp"
#include "../service/random.hpp"
#include "../service/timestamp.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

/// A secret is answered once and kept nowhere.
json for_keeping(const Reply& reply)
{
    auto body = json::parse(reply.body, nullptr, false);
    if (body.is_object()) body.erase("secret");
    return {{"status", reply.status}, {"body", body}, {"headers", reply.headers}};
}

Reply replayed(const json& kept)
{
    auto reply = json_reply(kept.at("status"), kept.at("body"));
    reply.headers = kept.at("headers");
    return std::move(reply).with("Idempotency-Replayed", "true");
}

/// What tells two requests apart. A password is left out: its plain hash would be a shortcut past
/// the slow one that it is kept as.
std::string fingerprint(const std::string& body)
{
    auto document = json::parse(body, nullptr, false);
    if (!document.is_object() || document.erase("password") == 0) return sha256_hex(body);
    return sha256_hex(document.dump(-1, ' ', false, json::error_handler_t::replace));
}

Answer run_once(Idempotency& memory, const Handler& handler, const Request& request)
{
    const auto once =
        once_of(request, request.caller.id + "\n" + request.method + " " + request.place);
    if (!once) return tl::unexpected(once.error());
    if (!*once) return handler(request);

    auto before = memory.begin(**once, now_s());
    if (!before) return tl::unexpected(before.error());
    if (*before) return replayed((*before)->answer);
    auto reply = handler(request);
    const auto kept =
        reply ? memory.finish(**once, for_keeping(*reply), now_s()) : memory.forget(**once);
    // The work is done, or refused: an error in its place would say otherwise.
    if (!kept) {
        log(Level::error, {{"msg", "an answer could not be kept"}, {"error", kept.error().detail}});
    }
    return reply;
}

}  // namespace

Result<std::optional<OnceOnly>> once_of(const Request& request, std::string scope)
{
    if (!request.headers.contains("idempotency-key")) return std::optional<OnceOnly>{};
    const std::string key(request.header("idempotency-key"));
    const bool visible =
        std::all_of(key.begin(), key.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
    if (key.empty() || key.size() > 255 || !visible) {
        return fail(Errc::invalid, "Idempotency-Key must have 1 to 255 visible characters",
                    {{"Idempotency-Key", "must have 1 to 255 visible characters"}});
    }
    return std::optional{OnceOnly{std::move(scope), key, fingerprint(request.body)}};
}

Handler once_only(Idempotency& memory, Handler handler)
{
    return [&memory, handler = std::move(handler)](const Request& request) {
        return run_once(memory, handler, request);
    };
}

}  // namespace sluice::control::http
