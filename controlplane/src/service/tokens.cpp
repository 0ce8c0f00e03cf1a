#include "tokens.hpp"

#include <utility>

#include "../store/schema.hpp"
#include "audit.hpp"
#include "formats.hpp"
#include "random.hpp"
#include "rule.hpp"
#include "timestamp.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
namespace schema = store::schema;

constexpr std::string_view kPrefix = "slc_";  ///< lets secret scanners find a leaked token
constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kMaxTokens = 1000;
constexpr int kAttempts = 20;  ///< of a change that others outrun

const Rule& token_rule()
{
    static const Rule rule = rules::object({
        {"name", rules::text(0, 128)},
        {"scope", rules::choice({"viewer", "operator", "admin"})},
        {"expires_at", rules::text(1, 40).with(formats::timestamp).or_null()},
    });
    return rule;
}

bool is_token_id(std::string_view id)
{
    return id.size() == 2 * kIdBytes &&
           id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool expired(const json& token)
{
    if (!token.at("expires_at").is_string()) return false;
    const auto at = parse_timestamp(token.at("expires_at").get<std::string>());
    return !at || *at <= now_s();
}

json without_hash(json token)
{
    token.erase("hash");
    return token;
}

Result<json> parse_token(const store::Entry& entry)
{
    auto token = json::parse(entry.value, nullptr, false);
    if (!token.is_object()) return fail(Errc::internal, "a stored token is damaged");
    return token;
}

tl::unexpected<Error> outrun()
{
    return fail(Errc::unavailable, "the token is being changed by many others: try again");
}

}  // namespace

Tokens::Tokens(store::Store& store, LastUse& uses, const std::string& admin_token)
    : store_(store), uses_(uses), admin_hash_(sha256_hex(admin_token))
{}

Result<Caller> Tokens::authenticate(std::string_view secret) const
{
    const auto unknown = [] { return fail(Errc::unauthorized, "the token is not valid"); };
    // Hashes are compared, so that not even the length of a right token shows in the time.
    const auto hash = sha256_hex(std::string(secret));
    if (equal_in_constant_time(hash, admin_hash_))
        return Caller{.id = "admin", .scope = Scope::admin};

    if (!secret.starts_with(kPrefix)) return unknown();
    const auto id = secret.substr(kPrefix.size(), 2 * kIdBytes);
    if (!is_token_id(id)) return unknown();
    auto entry = store_.get(schema::token(id));
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return unknown();
    auto token = parse_token(**entry);
    if (!token) return tl::unexpected(token.error());
    if (!equal_in_constant_time(hash, token->value("hash", "")) || expired(*token)) {
        return unknown();
    }
    uses_.note(schema::token(id), now_s());
    return Caller{.id = std::string(id),
                  .scope = scope_named(token->value("scope", "")),
                  .name = token->value("name", "")};
}

Result<json> Tokens::create(const Caller& by, const json& body)
{
    Findings findings;
    check(token_rule(), body, "", findings);
    if (body.is_object() && !body.contains("scope")) {
        findings.add("scope", "must be given: viewer, operator or admin");
    }
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    auto held = store_.list(schema::kTokens, "", kMaxTokens);
    if (!held) return tl::unexpected(held.error());
    if (held->items.size() >= kMaxTokens) {
        return fail(Errc::conflict, "there are 1000 tokens already: delete some");
    }
    auto token = complete(token_rule(), body);
    const auto id = random_hex(kIdBytes);
    const auto secret = std::string(kPrefix) + id + "_" + random_hex(kSecretBytes);
    token["id"] = id;
    token["hash"] = sha256_hex(secret);
    token["created_at"] = format_timestamp(now_s());
    token["created_by"] = {{"kind", to_string(by.kind)}, {"id", by.id}, {"name", by.name}};
    auto done =
        store_.commit({store::put(schema::token(id), token.dump(), 0),
                       audit::entry(by, {"token.create", id, nullptr, without_hash(token)})});
    if (!done) return tl::unexpected(done.error());
    auto answer = shown(std::move(token), *done);
    if (answer) (*answer)["secret"] = secret;
    return answer;
}

Result<json> Tokens::list(std::size_t limit, std::string_view cursor) const
{
    const auto after = cursor.empty() ? std::string() : schema::token(cursor);
    auto page = store_.list(schema::kTokens, after, limit);
    if (!page) return tl::unexpected(page.error());
    json items = json::array();
    for (const auto& entry : page->items) {
        auto token = parse_token(entry);
        if (!token) return tl::unexpected(token.error());
        auto item = shown(std::move(*token), entry.version);
        if (!item) return item;
        items.push_back(std::move(*item));
    }
    const auto next = page->more ? items.back().at("id") : json();
    return json{{"items", std::move(items)}, {"next_cursor", next}};
}

Result<store::Entry> Tokens::find(std::string_view id) const
{
    if (!is_token_id(id)) return fail(Errc::not_found, "there is no such token");
    auto entry = store_.get(schema::token(id));
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return fail(Errc::not_found, "there is no such token");
    return std::move(**entry);
}

/// Tokens of an earlier release do not say who made them.
Result<json> Tokens::shown(json token, std::uint64_t version) const
{
    auto used = uses_.of(schema::token(token.at("id").get<std::string>()));
    if (!used) return tl::unexpected(used.error());
    auto out = without_hash(std::move(token));
    if (!out.contains("created_by")) out["created_by"] = nullptr;
    out["last_used_at"] = *used ? json(format_timestamp(**used)) : json();
    out["version"] = version;
    return out;
}

Result<json> Tokens::get(std::string_view id) const
{
    auto entry = find(id);
    if (!entry) return tl::unexpected(entry.error());
    return parse_token(*entry).and_then(
        [&](json&& token) { return shown(std::move(token), entry->version); });
}

Result<json> Tokens::patch(const Caller& by, std::string_view id, const json& change,
                           const std::optional<IfMatch>& match)
{
    Findings findings;
    check(token_rule(), change, "", findings);
    if (change.is_object() && change.contains("scope")) {
        findings.add("scope", "can't be changed: make another token");
    }
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        auto entry = current(id, match);
        if (!entry) return tl::unexpected(entry.error());
        auto token = parse_token(*entry);
        if (!token) return token;
        auto next = *token;
        for (const auto* field : {"name", "expires_at"}) {
            if (change.contains(field)) next[field] = change.at(field);
        }
        auto done = store_.commit({store::put(entry->key, next.dump(), entry->version),
                                   audit::entry(by, {"token.update", std::string(id),
                                                     without_hash(*token), without_hash(next)})});
        if (done) return shown(std::move(next), entry->version + 1);
        if (done.error().code != Errc::precondition) return tl::unexpected(done.error());
    }
    return outrun();
}

/// The token as it is now, if that is what the caller has seen.
Result<store::Entry> Tokens::current(std::string_view id, const std::optional<IfMatch>& match) const
{
    auto entry = find(id);
    if (entry && match && !match->holds(entry->version)) {
        return fail(Errc::precondition, "the token has another version now: read it again");
    }
    return entry;
}

Result<void> Tokens::remove(const Caller& by, std::string_view id,
                            const std::optional<IfMatch>& match)
{
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        auto entry = current(id, match);
        if (!entry) return tl::unexpected(entry.error());
        auto token = parse_token(*entry);
        if (!token) return tl::unexpected(token.error());
        auto done = store_.commit(
            {store::remove(entry->key, entry->version), store::remove(LastUse::key_of(entry->key)),
             audit::entry(by, {"token.delete", std::string(id), without_hash(*token), nullptr})});
        if (done) return {};
        if (done.error().code != Errc::precondition) return tl::unexpected(done.error());
    }
    return outrun();
}

}  // namespace sluice::control
