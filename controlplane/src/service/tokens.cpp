#include "tokens.hpp"

#include <algorithm>
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

Scope scope_of(const json& token)
{
    const auto at = std::find(kScopeNames.begin(), kScopeNames.end(), token.value("scope", ""));
    if (at == kScopeNames.end()) return Scope::viewer;
    return static_cast<Scope>(at - kScopeNames.begin());
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

}  // namespace

Tokens::Tokens(store::Store& store, std::string admin_token)
    : store_(store), admin_hash_(sha256_hex(admin_token))
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
    return Caller{
        .id = std::string(id), .scope = scope_of(*token), .name = token->value("name", "")};
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
    auto answer = without_hash(token);
    auto done = store_.commit({store::put(schema::token(id), token.dump(), 0),
                               audit::entry(by, {"token.create", id, nullptr, answer})});
    if (!done) return tl::unexpected(done.error());
    answer["secret"] = secret;
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
        items.push_back(without_hash(std::move(*token)));
    }
    const auto next = page->more ? items.back().at("id") : json();
    return json{{"items", std::move(items)}, {"next_cursor", next}};
}

Result<json> Tokens::get(std::string_view id) const
{
    if (!is_token_id(id)) return fail(Errc::not_found, "there is no such token");
    auto entry = store_.get(schema::token(id));
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return fail(Errc::not_found, "there is no such token");
    return parse_token(**entry).map(without_hash);
}

Result<void> Tokens::remove(const Caller& by, std::string_view id)
{
    auto token = get(id);
    if (!token) return tl::unexpected(token.error());
    auto done = store_.commit(
        {store::remove(schema::token(id)),
         audit::entry(by, {"token.delete", std::string(id), without_hash(*token), nullptr})});
    if (!done) return tl::unexpected(done.error());
    return {};
}

}  // namespace sluice::control
