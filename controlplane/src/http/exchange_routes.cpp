#include "exchange_routes.hpp"

#include <charconv>
#include <utility>

#include "../service/audit.hpp"
#include "../service/channel_batch.hpp"
#include "../service/channel_export.hpp"
#include "../service/channel_import.hpp"
#include "../service/random.hpp"
#include "body.hpp"
#include "once_only.hpp"
#include "query.hpp"
#include "yaml.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

constexpr const char* kYaml = "application/yaml";

Rule flag()
{
    return rules::choice({"false", "true"});
}

Reply document_reply(const json& document, bool yaml)
{
    if (!yaml) return json_reply(200, document);
    return Reply{.status = 200, .body = to_yaml(document), .content_type = kYaml};
}

std::optional<std::size_t> count_of(const std::string& text)
{
    std::size_t count = 0;
    const auto* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, count);
    if (error != std::errc() || at != end) return std::nullopt;
    return count;
}

/// Once for each address with its parameters: the same body may mean another thing with others.
Result<std::optional<OnceOnly>> once_for(const Request& request)
{
    auto once = once_of(request, request.caller.id + "\n" + request.method + " " + request.place);
    if (!once || !*once) return once;
    auto& hash = (*once)->request;
    for (const auto& [name, value] : request.query) hash.append("\n" + name + "=" + value);
    hash = sha256_hex(hash);
    return once;
}

Reply with_applied(json body, bool applied, bool replayed)
{
    body["applied"] = applied ? "applied" : "pending";
    auto reply = json_reply(200, body);
    if (replayed) reply.headers.emplace_back("Idempotency-Replayed", "true");
    return reply;
}

Result<ImportOptions> options_of(const Request& request,
                                 const std::map<std::string, std::string>& query)
{
    const auto given = [&](const char* name) {
        const auto found = query.find(name);
        return found == query.end() ? std::string() : found->second;
    };
    auto once = once_for(request);
    if (!once) return tl::unexpected(once.error());
    ImportOptions options{.dry_run = given("dry_run") == "true",
                          .replace = given("mode") == "replace",
                          .confirm_deletes = {},
                          .once = std::move(*once)};
    if (const auto text = given("confirm_deletes"); !text.empty()) {
        options.confirm_deletes = count_of(text);
        if (options.confirm_deletes) return options;
        return fail(Errc::invalid, "confirm_deletes must be a whole number",
                    {{"confirm_deletes", "must be a whole number"}});
    }
    return options;
}

}  // namespace

void ExchangeRoutes::mount(Router& router)
{
    router.add(
        "GET", "/api/v1/export", Scope::operator_,
        [this](const Request& r) { return export_all(r); }, kOwnParameters);
    router.add(
        "POST", "/api/v1/import", Scope::operator_,
        [this](const Request& r) { return import_all(r); }, kOwnParameters);
    router.add("POST", "/api/v1/channels/batch", Scope::operator_,
               [this](const Request& r) { return batch(r); });
}

Answer ExchangeRoutes::export_all(const Request& request) const
{
    static const std::vector<Field> known{{"format", rules::choice({"json", "yaml"})},
                                          {"secrets", flag()}};
    auto query = query_of(request, known);
    if (!query) return tl::unexpected(query.error());
    const bool secrets = (*query)["secrets"] == "true";
    if (secrets && request.caller.scope < Scope::admin) {
        return fail(Errc::forbidden, "keys are exported with a token of the scope admin only");
    }
    auto document = export_channels(store_, secrets);
    if (!document) return tl::unexpected(document.error());
    if (secrets) {
        const json what{{"secrets", true}, {"channels", document->at("channels").size()}};
        auto noted = store_.commit(
            {audit::entry(request.caller, {"channels.export", "channels", nullptr, what})});
        if (!noted) return tl::unexpected(noted.error());
    }
    return document_reply(*document, (*query)["format"] == "yaml")
        .with("Cache-Control", "no-store");
}

Answer ExchangeRoutes::import_all(const Request& request)
{
    static const std::vector<Field> known{{"format", rules::choice({"json", "yaml"})},
                                          {"dry_run", flag()},
                                          {"mode", rules::choice({"merge", "replace"})},
                                          {"confirm_deletes", rules::text(1, 10)}};
    auto query = query_of(request, known);
    if (!query) return tl::unexpected(query.error());
    auto options = options_of(request, *query);
    if (!options) return tl::unexpected(options.error());
    auto document = document_body(request, (*query)["format"]);
    if (!document) return tl::unexpected(document.error());
    return import_channels(channels_, store_, request.caller, *document, *options)
        .map([&](Imported&& done) {
            if (options->dry_run) return json_reply(200, done.plan);
            return with_applied(std::move(done.plan), done.applied, done.replayed);
        });
}

Answer ExchangeRoutes::batch(const Request& request)
{
    auto once = once_for(request);
    if (!once) return tl::unexpected(once.error());
    auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    return run_batch(channels_, request.caller, *body, *once).map([](BatchDone&& done) {
        return with_applied({{"items", std::move(done.items)}}, done.applied, done.replayed);
    });
}

}  // namespace sluice::control::http
