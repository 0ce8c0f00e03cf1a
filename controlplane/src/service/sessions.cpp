#include "sessions.hpp"

#include <algorithm>
#include <utility>

#include "../store/schema.hpp"
#include "audit.hpp"
#include "clean_text.hpp"
#include "random.hpp"
#include "timestamp.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
namespace schema = store::schema;

constexpr std::string_view kPrefix = "sls_";  ///< lets secret scanners find a leaked one
constexpr std::size_t kIdLength = 33;         ///< `<user>-<random>`, 16 characters each
constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kMaxAgent = 200;

bool is_session_id(std::string_view id)
{
    return id.size() == kIdLength && id[16] == '-' &&
           id.find_first_not_of("0123456789abcdef-") == std::string_view::npos;
}

Result<json> parse_session(const store::Entry& entry)
{
    auto session = json::parse(entry.value, nullptr, false);
    if (!session.is_object() || !session.contains("id")) {
        return fail(Errc::internal, "a stored session is damaged");
    }
    return session;
}

store::Operation note_of(const Caller& by, const std::string& action, const std::string& user,
                         json before, json after)
{
    return audit::entry(by, {action, user, std::move(before), std::move(after)});
}

tl::unexpected<Error> over()
{
    return fail(Errc::unauthorized, "the session is over: sign in again");
}

tl::unexpected<Error> no_such_session()
{
    return fail(Errc::not_found, "there is no such session");
}

}  // namespace

Sessions::Sessions(store::Store& store, Users& users, Passwords& passwords, LastUse& uses,
                   Clock clock)
    : store_(store), users_(users), passwords_(passwords), uses_(uses), clock_(clock)
{}

std::string Sessions::prefix_of(std::string_view user)
{
    return schema::session(user) + "-";
}

Result<void> Sessions::admit(const std::string& address)
{
    const auto wait = throttle_.wait_of_address(address, clock_());
    if (wait) return too_many_attempts(*wait);
    return {};
}

Result<Sessions::Opened> Sessions::open(const json& body, const std::string& address,
                                        const std::string& agent)
{
    static const Rule rule = rules::object(
        {{"username", rules::text(1, 64)}, {"password", rules::text(1, 200).secret()}});
    Findings findings;
    check(rule, body, "", findings);
    for (const auto* field : {"username", "password"}) {
        if (body.is_object() && !body.contains(field)) findings.add(field, "must be given");
    }
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());

    const auto name = lower_username(body.at("username"));
    if (const auto wait = throttle_.attempt(name, address, clock_())) {
        return too_many_attempts(*wait);
    }
    auto account = users_.account_named(name);
    if (!account) return tl::unexpected(account.error());
    const auto password = body.at("password").get<std::string>();
    if (!*account) {
        if (auto done = passwords_.pretend(password); !done) return tl::unexpected(done.error());
    } else {
        auto right = passwords_.matches(password, (*account)->password_hash);
        if (!right) return tl::unexpected(right.error());
        if (*right && (*account)->enabled) {
            throttle_.succeeded(name, address, clock_());
            return begin(**account, address, agent);
        }
    }
    if (auto done = refuse(*account ? (*account)->id : "", address); !done) {
        return tl::unexpected(done.error());
    }
    // One answer for an unknown name, a wrong password and a disabled user.
    return fail(Errc::unauthorized, "the user name or the password is wrong");
}

/// A name that nobody has is left out: it may be a password in the wrong field.
Result<void> Sessions::refuse(const std::string& user, const std::string& address)
{
    const auto failures = throttle_.failures_to_tell(clock_());
    if (failures == 0) return {};
    const Caller nobody{.kind = Caller::Kind::nobody, .address = address};
    auto done =
        store_.commit({note_of(nobody, "session.refuse", user, nullptr, {{"failures", failures}})});
    if (!done) return tl::unexpected(done.error());
    return {};
}

Result<Sessions::Opened> Sessions::begin(const Users::Account& account, const std::string& address,
                                         const std::string& agent)
{
    const auto now = clock_();
    const auto id = account.id + "-" + random_hex(kIdBytes);
    const auto secret = std::string(kPrefix) + id + "_" + random_hex(kSecretBytes);
    const json session{{"id", id},
                       {"user", account.id},
                       {"hash", sha256_hex(secret)},
                       {"epoch", account.epoch},
                       {"created_at_s", now},
                       {"expires_at_s", now + kLongestS},
                       {"address", address},
                       {"agent", clean_text(agent, kMaxAgent)}};
    const Caller by{.id = account.id,
                    .scope = account.role,
                    .kind = Caller::Kind::user,
                    .name = account.username,
                    .address = address,
                    .session = id};
    const std::lock_guard lock(beginning_);
    std::vector<store::Operation> work;
    if (auto done = append_removal_of_oldest(account.id, work); !done) {
        return tl::unexpected(done.error());
    }
    work.push_back(store::put(schema::session(id), session.dump(), 0));
    work.push_back(store::put(schema::login(account.id), std::to_string(now)));
    work.push_back(note_of(by, "session.create", account.id, nullptr, {{"session", id}}));
    if (auto done = store_.commit(std::move(work)); !done) return tl::unexpected(done.error());
    auto answer = shown(session, account, by);
    if (!answer) return tl::unexpected(answer.error());
    return Opened{secret, std::move(*answer)};
}

Result<void> Sessions::append_removal_of_oldest(const std::string& user,
                                                std::vector<store::Operation>& work) const
{
    auto all = store_.list(schema::kSessions, "", kMaxInAll + 1);
    if (!all) return tl::unexpected(all.error());
    std::vector<std::pair<store::Revision, std::string>> own;
    std::vector<std::pair<store::Revision, std::string>> others;
    for (const auto& entry : all->items) {
        auto& list = entry.key.starts_with(prefix_of(user)) ? own : others;
        list.emplace_back(entry.revision, entry.key);
    }
    const auto end_oldest = [&work](auto& list) {
        const auto oldest = std::ranges::min_element(list);
        work.push_back(store::remove(oldest->second));
        work.push_back(store::remove(LastUse::key_of(oldest->second)));
        list.erase(oldest);
    };
    if (own.size() >= kMaxPerUser) end_oldest(own);
    own.insert(own.end(), others.begin(), others.end());
    if (own.size() >= kMaxInAll) end_oldest(own);
    return {};
}

Result<json> Sessions::find(std::string_view id) const
{
    if (!is_session_id(id)) return no_such_session();
    auto entry = store_.get(schema::session(id));
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return no_such_session();
    return parse_session(**entry);
}

/// nullopt when the session is over.
Result<std::optional<Users::Account>> Sessions::owner_of(const json& session) const
{
    const auto now = clock_();
    auto used = uses_.of(schema::session(session.at("id").get<std::string>()));
    if (!used) return tl::unexpected(used.error());
    const auto last = std::max(used->value_or(0), session.value("created_at_s", std::int64_t{0}));
    const bool late = now >= session.value("expires_at_s", std::int64_t{0}) || now >= last + kIdleS;
    if (late) return std::optional<Users::Account>{};
    auto owner = users_.account(session.value("user", ""));
    if (!owner || !*owner) return owner;
    if (!(*owner)->enabled || (*owner)->epoch != session.value("epoch", std::int64_t{-1})) {
        return std::optional<Users::Account>{};
    }
    return owner;
}

Result<Caller> Sessions::authenticate(std::string_view secret) const
{
    if (!secret.starts_with(kPrefix)) return over();
    const auto id = secret.substr(kPrefix.size(), kIdLength);
    auto session = find(id);
    if (!session && session.error().code == Errc::not_found) return over();
    if (!session) return tl::unexpected(session.error());
    const auto hash = sha256_hex(std::string(secret));
    if (!equal_in_constant_time(hash, session->value("hash", ""))) return over();
    auto owner = owner_of(*session);
    if (!owner) return tl::unexpected(owner.error());
    if (!*owner) return over();
    uses_.note(schema::session(id), clock_());
    return Caller{.id = (*owner)->id,
                  .scope = (*owner)->role,
                  .kind = Caller::Kind::user,
                  .name = (*owner)->username,
                  .session = std::string(id)};
}

Result<json> Sessions::shown(const json& session, const Users::Account& owner,
                             const Caller& by) const
{
    const auto id = session.at("id").get<std::string>();
    auto used = uses_.of(schema::session(id));
    if (!used) return tl::unexpected(used.error());
    const auto begun = session.value("created_at_s", std::int64_t{0});
    return json{{"id", id},
                {"user", {{"id", owner.id}, {"username", owner.username}}},
                {"role", to_string(owner.role)},
                {"created_at", format_timestamp(begun)},
                {"last_used_at", format_timestamp(std::max(begun, used->value_or(0)))},
                {"expires_at", format_timestamp(session.value("expires_at_s", begun))},
                {"address", session.value("address", "")},
                {"agent", session.value("agent", "")},
                {"current", id == by.session}};
}

Result<json> Sessions::list(const Caller& by, std::size_t limit, std::string_view cursor) const
{
    const auto prefix =
        by.scope == Scope::admin ? std::string(schema::kSessions) : prefix_of(by.id);
    const auto after = cursor.empty() ? std::string() : schema::session(cursor);
    auto all = store_.list(prefix, after, kMaxInAll + 1);
    if (!all) return tl::unexpected(all.error());
    json items = json::array();
    json next;
    for (const auto& entry : all->items) {
        auto session = parse_session(entry);
        if (!session) return session;
        auto owner = owner_of(*session);
        if (!owner) return tl::unexpected(owner.error());
        if (!*owner) continue;  // over, and not removed yet
        if (items.size() == limit) {
            next = items.back().at("id");
            break;
        }
        auto item = shown(*session, **owner, by);
        if (!item) return item;
        items.push_back(std::move(*item));
    }
    return json{{"items", std::move(items)}, {"next_cursor", next}};
}

Result<json> Sessions::get(const Caller& by, std::string_view id) const
{
    auto session = find(id);
    if (!session) return session;
    auto owner = owner_of(*session);
    if (!owner) return tl::unexpected(owner.error());
    const bool visible = *owner && (by.scope == Scope::admin || (*owner)->id == by.id);
    if (!visible) return no_such_session();
    return shown(*session, **owner, by);
}

Result<void> Sessions::remove(const Caller& by, std::string_view id)
{
    auto session = get(by, id);
    if (!session) return tl::unexpected(session.error());
    const auto key = schema::session(id);
    const auto user = session->at("user").at("id").get<std::string>();
    auto done = store_.commit({store::remove(key), store::remove(LastUse::key_of(key)),
                               note_of(by, "session.delete", user, {{"session", id}}, nullptr)});
    if (!done) return tl::unexpected(done.error());
    return {};
}

Result<void> Sessions::prune()
{
    auto all = store_.list(schema::kSessions, "", kMaxInAll + 1);
    if (!all) return tl::unexpected(all.error());
    std::vector<store::Operation> work;
    for (const auto& entry : all->items) {
        auto session = parse_session(entry);
        auto owner = session ? owner_of(*session) : Result<std::optional<Users::Account>>();
        if (!owner) return tl::unexpected(owner.error());
        if (*owner) continue;
        work.push_back(store::remove(entry.key, entry.version));
        work.push_back(store::remove(LastUse::key_of(entry.key)));
        if (work.size() < store::kMaxOperations) continue;
        if (auto done = store_.commit(std::exchange(work, {})); !done) {
            return tl::unexpected(done.error());
        }
    }
    if (work.empty()) return {};
    return store_.commit(std::move(work)).map([](store::Revision) {});
}

}  // namespace sluice::control
