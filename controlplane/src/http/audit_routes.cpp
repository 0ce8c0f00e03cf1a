#include "audit_routes.hpp"

#include <charconv>
#include <optional>
#include <string>

#include "../service/formats.hpp"
#include "../service/timestamp.hpp"
#include "paging.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

std::optional<std::uint64_t> number_of(const std::string& text)
{
    std::uint64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc() || at != end) return std::nullopt;
    return value;
}

}  // namespace

void AuditRoutes::mount(Router& router) const
{
    router.add(
        "GET", "/api/v1/audit", Scope::admin, [this](const Request& r) { return list(r); },
        kOwnParameters);
    router.add("GET", "/api/v1/audit/{number}", Scope::admin, [this](const Request& r) -> Answer {
        const auto number = number_of(r.param("number"));
        if (!number) return fail(Errc::not_found, "entries have numbers");
        return log_.get(*number).map([](const json& entry) { return json_reply(200, entry); });
    });
}

Answer AuditRoutes::list(const Request& request) const
{
    const auto time = rules::text(1, 40).with(formats::timestamp);
    const auto paging = paging_of(request, {{"actor", rules::text(0, 128)},
                                            {"action", rules::text(0, 64)},
                                            {"target", rules::text(0, 256)},
                                            {"from", time},
                                            {"to", time}});
    if (!paging) return tl::unexpected(paging.error());
    const auto before = number_of(paging->cursor);
    if (!before && !paging->cursor.empty()) {
        Findings findings;
        findings.add("cursor", "must be the next_cursor of an earlier answer");
        return tl::unexpected(findings.verdict().error());
    }
    const AuditLog::Filter filter{.actor = paging->filter("actor"),
                                  .action = paging->filter("action"),
                                  .target = paging->filter("target"),
                                  .from_s = parse_timestamp(paging->filter("from")),
                                  .to_s = parse_timestamp(paging->filter("to"))};
    return log_.list(filter, paging->limit, before).map([&](const json& list) {
        return json_reply(200, paging->answered(list)).with("Cache-Control", "no-store");
    });
}

}  // namespace sluice::control::http
