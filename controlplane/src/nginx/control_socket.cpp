#include "control_socket.hpp"

#include "../unix_http.hpp"

namespace sluice::control::nginx {
namespace {

using nlohmann::json;

std::string detail_of(const json& body, long status)
{
    for (const auto* field : {"detail", "error", "message"}) {
        if (body.is_object() && body.contains(field) && body[field].is_string()) {
            return body[field].get<std::string>();
        }
    }
    return "nginx answered " + std::to_string(status);
}

Errc code_of(long status)
{
    switch (status) {
        case 400:
            return Errc::invalid;
        case 404:
            return Errc::not_found;
        case 409:
            return Errc::conflict;
        default:
            return Errc::unavailable;
    }
}

}  // namespace

ControlSocket::ControlSocket(std::filesystem::path socket) : socket_(std::move(socket)) {}

Result<json> ControlSocket::get(std::string_view path, std::chrono::milliseconds limit) const
{
    return call(path, nullptr, limit);
}

Result<std::string> ControlSocket::text(std::string_view path,
                                        std::chrono::milliseconds limit) const
{
    auto answer = control::call(socket_, {.path = path, .limit = limit});
    if (!answer) return tl::unexpected(answer.error());
    if (answer->status >= 300) return fail(code_of(answer->status), detail_of({}, answer->status));
    return std::move(answer->body);
}

Result<json> ControlSocket::post(std::string_view path, const std::string& body,
                                 std::chrono::milliseconds limit) const
{
    return call(path, &body, limit);
}

Result<json> ControlSocket::call(std::string_view path, const std::string* body,
                                 std::chrono::milliseconds limit) const
{
    const auto answer = control::call(socket_, {.path = path, .body = body, .limit = limit});
    if (!answer)
        return fail(answer.error().code, "nginx does not answer: " + answer.error().detail);

    auto parsed = json::parse(answer->body, nullptr, false);
    if (answer->status >= 300)
        return fail(code_of(answer->status), detail_of(parsed, answer->status));
    if (answer->body.empty()) return json::object();
    if (parsed.is_discarded()) return fail(Errc::unavailable, "nginx's answer is not JSON");
    return parsed;
}

}  // namespace sluice::control::nginx
