#include "authorise_routes.hpp"

#include "../service/rule.hpp"
#include "body.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

const Rule& question_rule()
{
    using namespace rules;
    static const Rule rule = object({{"action", choice({"publish", "play"})},
                                     {"channel", text(1, 64)},
                                     {"protocol", text(0, 16)},
                                     {"address", text(0, 64)},
                                     {"query", text(0, 8192)},
                                     {"session", text(0, 64)}});
    return rule;
}

}  // namespace

void AuthoriseRoutes::mount(Router& router)
{
    router.add("POST", "/authorise", std::nullopt,
               [this](const Request& request) { return ask(request); });
}

Answer AuthoriseRoutes::ask(const Request& request)
{
    auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    Findings findings;
    check(question_rule(), *body, "", findings);
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    const auto whole = complete(question_rule(), *body);
    const AuthoriseQuestion question{.action = whole.at("action"),
                                     .channel = whole.at("channel"),
                                     .protocol = whole.at("protocol"),
                                     .address = whole.at("address"),
                                     .query = whole.at("query"),
                                     .session = whole.at("session")};
    const auto policy = authoriser_.policy_of(question);
    if (!policy) return tl::unexpected(policy.error());
    Reply reply;
    reply.later = [this, question, policy = *policy](auto send) {
        authoriser_.ask(question, policy, [send = std::move(send)](const Verdict& verdict) {
            send(json_reply(200, {{"allow", verdict.allowed},
                                  {"failed", verdict.failed},
                                  {"reason", verdict.reason}}));
        });
    };
    return reply;
}

}  // namespace sluice::control::http
