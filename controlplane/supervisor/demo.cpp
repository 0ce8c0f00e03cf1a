#include "demo.hpp"

#include <cstdlib>

#include "controlplane/src/nginx/file.hpp"
#include "controlplane/src/unix_http.hpp"

namespace sluice::supervisor {
namespace {

using control::Errc;
using control::fail;
using control::Result;
using nlohmann::json;
using namespace std::chrono_literals;

/// As sluice-control does: the environment goes before the file.
std::string token(const std::filesystem::path& dir)
{
    if (const char* given = std::getenv("SLUICE_ADMIN_TOKEN"); given != nullptr && *given != '\0')
        return given;
    auto text = control::nginx::read_file(dir / "admin-token").value_or("");
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    return text;
}

}  // namespace

Result<std::string> DemoChannel::push_url() const
{
    auto channel = api("/api/v1/channels/demo");
    if (!channel && channel.error().code == Errc::not_found) {
        const json wanted{
            {"id", "demo"}, {"name", "Demo"}, {"description", "A test picture with sound"}};
        channel = api("/api/v1/channels", &wanted);
    }
    if (!channel) return tl::unexpected(channel.error());
    const auto urls = api("/api/v1/channels/demo/urls?valid_s=60");
    if (!urls) return tl::unexpected(urls.error());
    const auto settings = api("/api/v1/settings");
    if (!settings) return tl::unexpected(settings.error());
    return "rtmp://127.0.0.1:" + std::to_string(settings->at("rtmp_port").get<int>()) + "/stream/" +
           urls->at("push").at("obs").at("stream_key").get<std::string>();
}

Result<json> DemoChannel::api(std::string_view path, const json* body) const
{
    const auto text = body != nullptr ? body->dump() : std::string();
    const auto answer =
        control::call(dir_ / "run/api.sock", {.path = path,
                                              .body = body != nullptr ? &text : nullptr,
                                              .headers = {"Authorization: Bearer " + token(dir_)},
                                              .limit = 5s});
    if (!answer) return tl::unexpected(answer.error());
    auto parsed = json::parse(answer->body, nullptr, false);
    if (answer->status < 300 && !parsed.is_discarded()) return parsed;
    return fail(answer->status == 404 ? Errc::not_found : Errc::unavailable,
                "the API answered " + std::to_string(answer->status));
}

std::string without_queries(std::string_view line)
{
    std::string out;
    bool query = false;
    for (const char c : line) {
        if (c == ' ' || c == '\t' || c == '\'' || c == '"' || c == '\n') query = false;
        if (query) continue;
        out += c;
        query = c == '?';
    }
    return out;
}

}  // namespace sluice::supervisor
