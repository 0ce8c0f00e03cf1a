#include "webhooks.hpp"

#include <algorithm>
#include <utility>

#include "../store/schema.hpp"
#include "audit.hpp"
#include "event_pattern.hpp"
#include "formats.hpp"
#include "network_reach.hpp"
#include "random.hpp"
#include "timestamp.hpp"
#include "url_parts.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
namespace schema = store::schema;

constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kSecretBytes = 24;
constexpr std::string_view kSecretPrefix = "whsec_";  ///< lets scanners find a leaked one
constexpr auto kSecrets = "~secrets";
constexpr int kAttempts = 20;

/// Judged by what will connect there.
formats::Complaint receiver_url(const std::string& text, bool allow_private)
{
    if (auto wrong = formats::web_url(text)) return wrong;
    const auto parts = parts_of_url(text);
    if (!parts) return "be a URL with a host";
    if (parts->user) return "hold no user and password: the signature proves who sends";
    const auto reach = reach_of(parts->host).value_or(Reach::anywhere);
    if (reach == Reach::never) return "not be a link-local, multicast or unspecified address";
    if (reach == Reach::inside && !allow_private) {
        return "not be a private or loopback address (settings: webhooks.allow_private)";
    }
    return std::nullopt;
}

json shown(json document)
{
    const auto secrets = document.value(kSecrets, json::array());
    document.erase(kSecrets);
    document["secrets"] = json::array();
    for (const auto& item : secrets) {
        document["secrets"].push_back({{"created_at", item.at("created_at")}});
    }
    return document;
}

json new_secret(const json& given)
{
    return {
        {"secret",
         given.is_string() ? given : json(std::string(kSecretPrefix) + random_hex(kSecretBytes))},
        {"created_at", format_timestamp(now_s())}};
}

Error no_such_webhook()
{
    return {Errc::not_found, "there is no such webhook", {}};
}

}  // namespace

const Rule& webhook_rule()
{
    static const Rule rule = rules::object({
        {"id", rules::text(0, 64).ours()},
        {"name", rules::text(0, 128)},
        {"url", rules::text(1, 2048)},
        {"events", rules::list(rules::text(1, 64).with(formats::event_pattern), 32)},
        {"channels", rules::list(rules::text(1, 64), 1000).or_null()},
        {"enabled", rules::boolean(true)},
        {"timeout_ms", rules::integer(100, 15000, 5000)},
        {"secret", rules::text(16, 256).with(formats::key).or_null().secret()},
        {"secrets", rules::list(rules::text(0, 64), 2).ours()},
        {"created_at", rules::text(0, 64).ours()},
        {"updated_at", rules::text(0, 64).ours()},
        {"version", rules::integer(0, 0, 0).ours()},
    });
    return rule;
}

Webhooks::Webhooks(store::Store& store, const Journal& journal, std::function<bool()> allow_private)
    : store_(store), journal_(journal), allow_private_(std::move(allow_private))
{}

Result<json> Webhooks::checked(const json& body, bool with_secret) const
{
    Findings findings;
    check(webhook_rule(), body, "", findings);
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    if (!body.contains("url")) {
        findings.add("url", "must be given");
    } else if (auto wrong = receiver_url(body["url"], allow_private_())) {
        findings.add("url", "must " + *wrong);
    }
    if (!with_secret && !body.value("secret", json()).is_null()) {
        findings.add("secret", "is changed by actions/rotate-secret");
    }
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    auto document = complete(webhook_rule(), body);
    if (document["events"].empty()) document["events"] = {"*"};
    return document;
}

Result<Webhooks::Stored> Webhooks::find(std::string_view id) const
{
    if (id.empty() || id.size() > 64) return tl::unexpected(no_such_webhook());
    auto entry = store_.get(schema::webhook(id));
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return tl::unexpected(no_such_webhook());
    auto document = json::parse((*entry)->value, nullptr, false);
    if (!document.is_object()) return fail(Errc::internal, "a stored webhook is damaged");
    document["version"] = (*entry)->version;
    return Stored{std::move(document), (*entry)->version};
}

/// A webhook is told of what happens while it is enabled, from that moment on.
Result<std::vector<store::Operation>> Webhooks::begin_or_end(const json& before,
                                                             const json& after) const
{
    std::vector<store::Operation> work;
    const bool was = before.value("enabled", false);
    const bool is = after.value("enabled", false);
    if (was == is) return work;
    const auto key = schema::webhook_state((is ? after : before).at("id").get<std::string>());
    if (!is) {
        work.push_back(store::remove(key));
        return work;
    }
    const auto newest = journal_.newest();
    if (!newest) return tl::unexpected(newest.error());
    work.push_back(store::put(key, json{{"cursor", *newest}, {"lanes", json::object()}}.dump()));
    return work;
}

Result<Webhooks::Written> Webhooks::create(const Caller& by, const json& body)
{
    auto document = checked(body, true);
    if (!document) return tl::unexpected(document.error());
    auto held = store_.list(schema::kWebhooks, "", kMaxWebhooks);
    if (!held) return tl::unexpected(held.error());
    if (held->items.size() >= kMaxWebhooks) {
        return fail(Errc::conflict, "there are 100 webhooks already: delete some");
    }
    const auto id = random_hex(kIdBytes);
    const auto secret = new_secret(document->value("secret", json()));
    document->erase("secret");
    (*document)["id"] = id;
    (*document)[kSecrets] = {secret};
    (*document)["created_at"] = format_timestamp(now_s());
    (*document)["updated_at"] = (*document)["created_at"];
    auto work = begin_or_end(json::object(), *document);
    if (!work) return tl::unexpected(work.error());
    auto answer = shown(*document);
    work->push_back(store::put(schema::webhook(id), document->dump(), 0));
    work->push_back(audit::entry(by, {"webhook.create", id, nullptr, answer}));
    auto done = store_.commit(std::move(*work));
    if (!done) return tl::unexpected(done.error());
    changed_();
    answer["version"] = *done;
    answer["secret"] = secret.at("secret");
    return Written{std::move(answer), *done};
}

Result<Webhooks::Written> Webhooks::get(std::string_view id) const
{
    return find(id).map([](Stored&& found) {
        return Written{shown(std::move(found.document)), found.version};
    });
}

Result<json> Webhooks::list(std::size_t limit, std::string_view cursor) const
{
    const auto after = cursor.empty() ? std::string() : schema::webhook(cursor);
    auto page = store_.list(schema::kWebhooks, after, limit);
    if (!page) return tl::unexpected(page.error());
    json items = json::array();
    for (const auto& entry : page->items) {
        auto document = json::parse(entry.value, nullptr, false);
        if (!document.is_object()) return fail(Errc::internal, "a stored webhook is damaged");
        document["version"] = entry.version;
        items.push_back(shown(std::move(document)));
    }
    const auto next = page->more ? items.back().at("id") : json();
    return json{{"items", std::move(items)}, {"next_cursor", next}};
}

Result<Webhooks::Written> Webhooks::change(const Caller& by, std::string_view action,
                                           std::string_view id, const std::optional<IfMatch>& match,
                                           const Change& change,
                                           std::vector<store::Operation> notes)
{
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        auto current = find(id);
        if (!current) return tl::unexpected(current.error());
        if (match && !match->holds(current->version)) {
            return fail(Errc::precondition, "the webhook has another version now: read it again");
        }
        auto next = change(current->document);
        if (!next) return tl::unexpected(next.error());
        for (const auto* name : {"id", "created_at"}) (*next)[name] = current->document[name];
        (*next)["updated_at"] = format_timestamp(now_s());
        next->erase("version");
        auto work = begin_or_end(current->document, *next);
        if (!work) return tl::unexpected(work.error());
        work->insert(work->end(), notes.begin(), notes.end());
        work->push_back(store::put(schema::webhook(id), next->dump(), current->version));
        work->push_back(audit::entry(
            by, {std::string(action), std::string(id), shown(current->document), shown(*next)}));
        auto done = store_.commit(std::move(*work));
        if (done) {
            changed_();
            auto answer = shown(std::move(*next));
            answer["version"] = current->version + 1;
            return Written{std::move(answer), current->version + 1};
        }
        if (done.error().code != Errc::precondition) return tl::unexpected(done.error());
    }
    return fail(Errc::unavailable, "the webhook is being changed by many others: try again");
}

Result<Webhooks::Written> Webhooks::patch(const Caller& by, std::string_view id, const json& patch,
                                          const std::optional<IfMatch>& match)
{
    return change(by, "webhook.update", id, match, [&](const json& current) -> Result<json> {
        Findings findings;
        if (!patch.is_object()) {
            findings.shape = true;
            findings.add("body", "must be an object");
        }
        if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
        auto next = current;
        next.erase(kSecrets);
        next.merge_patch(patch);
        return checked(next, false).map([&](json&& document) {
            document[kSecrets] = current.at(kSecrets);
            document.erase("secret");
            return std::move(document);
        });
    });
}

Result<Webhooks::Written> Webhooks::replace(const Caller& by, std::string_view id, const json& body,
                                            const std::optional<IfMatch>& match)
{
    return change(by, "webhook.update", id, match, [&](const json& current) -> Result<json> {
        return checked(body, false).map([&](json&& document) {
            document[kSecrets] = current.at(kSecrets);
            document.erase("secret");
            return std::move(document);
        });
    });
}

Result<void> Webhooks::remove(const Caller& by, std::string_view id,
                              const std::optional<IfMatch>& match)
{
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        auto current = find(id);
        if (!current) return tl::unexpected(current.error());
        if (match && !match->holds(current->version)) {
            return fail(Errc::precondition, "the webhook has another version now: read it again");
        }
        auto done = store_.commit({store::remove(schema::webhook(id), current->version),
                                   store::remove(schema::webhook_state(id)),
                                   audit::entry(by, {"webhook.delete", std::string(id),
                                                     shown(current->document), nullptr})});
        if (done) {
            changed_();
            return {};
        }
        if (done.error().code != Errc::precondition) return tl::unexpected(done.error());
    }
    return fail(Errc::unavailable, "the webhook is being changed by many others: try again");
}

Result<Webhooks::Written> Webhooks::rotate_secret(const Caller& by, std::string_view id,
                                                  const json& body,
                                                  const std::optional<IfMatch>& match)
{
    static const Rule rule =
        rules::object({{"secret", rules::text(16, 256).with(formats::key).or_null()},
                       {"drop_old", rules::boolean(false)}});
    Findings findings;
    check(rule, body, "", findings);
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    const auto secret = new_secret(body.value("secret", json()));
    auto written =
        change(by, "webhook.rotate_secret", id, match, [&](const json& current) -> Result<json> {
            auto next = current;
            json secrets = json::array({secret});
            if (!body.value("drop_old", false)) secrets.push_back(current.at(kSecrets).at(0));
            next[kSecrets] = std::move(secrets);
            return next;
        });
    if (written) written->webhook["secret"] = secret.at("secret");
    return written;
}

Result<void> Webhooks::disable(std::string_view id, const std::string& reason)
{
    const Event event{"webhook.disabled", {}, now_ms(), {{"webhook", id}, {"reason", reason}}};
    return change(Caller::system("webhooks"), "webhook.update", id, {},
                  [](const json& current) -> Result<json> {
                      auto next = current;
                      next["enabled"] = false;
                      return next;
                  },
                  {journal_.entry(event)})
        .map([](const Written&) {});
}

Result<std::vector<Webhooks::Stored>> Webhooks::all() const
{
    auto page = store_.list(schema::kWebhooks, "", kMaxWebhooks + 64);
    if (!page) return tl::unexpected(page.error());
    std::vector<Stored> found;
    for (const auto& entry : page->items) {
        auto document = json::parse(entry.value, nullptr, false);
        if (document.is_object()) found.push_back({std::move(document), entry.version});
    }
    return found;
}

}  // namespace sluice::control
