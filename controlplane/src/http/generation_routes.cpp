#include "generation_routes.hpp"

#include <charconv>

#include "body.hpp"
#include "conditional.hpp"
#include "once_only.hpp"
#include "paging.hpp"
#include "query.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

std::optional<std::uint32_t> number_of(std::string_view text)
{
    std::uint32_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || at != end || number == 0) return std::nullopt;
    return number;
}

Result<std::uint32_t> asked_for(const Request& request)
{
    if (const auto number = number_of(request.param("n"))) return *number;
    return fail(Errc::not_found, "generations are numbered from 1");
}

tl::unexpected<Error> wrong_parameter(const std::string& name, const std::string& message)
{
    return fail(Errc::invalid, name + " " + message, {{name, message}});
}

}  // namespace

void GenerationRoutes::mount(Router& router)
{
    const std::string all = "/api/v1/config/generations";
    const std::string one = all + "/{n}";
    router.add(
        "GET", all, Scope::operator_, [this](const Request& r) { return list(r); }, kOwnParameters);
    router.add("GET", one, Scope::operator_, [this](const Request& r) { return read(r); });
    router.add(
        "GET", one + "/diff", Scope::operator_, [this](const Request& r) { return diff(r); },
        kOwnParameters);
    router.add("POST", one + "/rollback", Scope::admin,
               once_only(memory_, [this](const Request& r) { return roll_back(r); }));
}

Answer GenerationRoutes::list(const Request& request) const
{
    const auto paging = paging_of(request);
    if (!paging) return tl::unexpected(paging.error());
    std::uint32_t before = UINT32_MAX;
    if (!paging->cursor.empty()) {
        const auto number = number_of(paging->cursor);
        if (!number)
            return wrong_parameter("cursor", "must be the next_cursor of an earlier answer");
        before = *number;
    }
    return json_reply(200, paging->answered(settings_.generations(paging->limit, before)));
}

Answer GenerationRoutes::read(const Request& request) const
{
    return asked_for(request)
        .and_then([this](std::uint32_t number) { return settings_.generation(number); })
        .map([](const json& generation) { return json_reply(200, generation); });
}

Answer GenerationRoutes::diff(const Request& request) const
{
    const auto query = query_of(request, {{"against", rules::text(1, 20)}});
    if (!query) return tl::unexpected(query.error());
    const auto number = asked_for(request);
    if (!number) return tl::unexpected(number.error());
    std::optional<std::uint32_t> against;
    if (const auto given = query->find("against"); given != query->end()) {
        if (given->second != "current") {
            against = number_of(given->second);
            if (!against)
                return wrong_parameter("against", "must be a generation's number, or current");
        }
    }
    return settings_.generation_diff(*number, against).map([](const json& diff) {
        return json_reply(200, diff);
    });
}

Answer GenerationRoutes::roll_back(const Request& request)
{
    auto match = if_match(request.header("if-match"));
    if (!match) return tl::unexpected(match.error());
    const auto number = asked_for(request);
    if (!number) return tl::unexpected(number.error());
    return settings_.roll_back(request.caller, *number, *match).map([](const json& settings) {
        return json_reply(200, settings)
            .with("ETag", etag(settings.at("version").get<std::uint64_t>()));
    });
}

}  // namespace sluice::control::http
