#include "api.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "../log.hpp"
#include "../service/random.hpp"

namespace sluice::control::http {
namespace {

constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kMaxId = 64;

/// nginx's own request id when it sent one, so that both logs can be laid side by side.
std::string request_id(const Request& request)
{
    const std::string id(request.header("x-request-id"));
    const bool plain = std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '-';
    });
    return plain && !id.empty() && id.size() <= kMaxId ? id : random_hex(kIdBytes);
}

Level level_of(int status)
{
    return status >= 500 ? Level::error : Level::info;
}

/// Whoever watches over us asks every few seconds, and a log of that hides the rest.
bool worth_a_line(const Router::Outcome& outcome)
{
    return outcome.reply.status != 200 || !outcome.route.ends_with("/health");
}

using Moment = std::chrono::steady_clock::time_point;

/// Counts and logs the reply to the request `id` that came at `start`.
Reply finished(Metrics& metrics, const std::string& id, Moment start, Router::Outcome outcome)
{
    const auto spent = std::chrono::steady_clock::now() - start;
    metrics.answered(outcome.route, outcome.reply.status, spent);
    nlohmann::ordered_json line{{"req_id", id},
                                {"route", outcome.route},
                                {"status", outcome.reply.status},
                                {"ms", std::chrono::duration<double, std::milli>(spent).count()}};
    if (!outcome.error.empty()) line["error"] = outcome.error;
    if (worth_a_line(outcome)) log(level_of(outcome.reply.status), std::move(line));
    outcome.reply.headers.emplace_back("X-Request-Id", id);
    return std::move(outcome.reply);
}

}  // namespace

Reply serve(const Router& router, Metrics& metrics, Request request)
{
    const auto start = std::chrono::steady_clock::now();
    const auto id = request_id(request);
    auto outcome = router.dispatch(std::move(request));
    if (!outcome.reply.later) return finished(metrics, id, start, std::move(outcome));
    Reply reply;
    reply.later = [=, &metrics, route = outcome.route,
                   later = std::move(outcome.reply.later)](const auto& send) {
        later([=, &metrics](Reply known) {
            send(finished(metrics, id, start, {std::move(known), route, ""}));
        });
    };
    return reply;
}

}  // namespace sluice::control::http
