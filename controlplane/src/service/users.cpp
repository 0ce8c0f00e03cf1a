#include "users.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "../store/schema.hpp"
#include "audit.hpp"
#include "random.hpp"
#include "sessions.hpp"
#include "timestamp.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
namespace schema = store::schema;

constexpr std::size_t kIdBytes = 8;
constexpr int kAttempts = 20;  ///< of a change that others outrun

std::optional<std::string> username_format(const std::string& name)
{
    const bool fine = std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '@' || c == '-';
    });
    if (fine) return std::nullopt;
    return "have only letters, digits and . _ @ -";
}

bool is_user_id(std::string_view id)
{
    return id.size() == 2 * kIdBytes &&
           id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_admin(const json& user)
{
    return user.at("role") == "admin" && user.at("enabled") == true;
}

Result<json> parse_user(const store::Entry& entry)
{
    auto user = json::parse(entry.value, nullptr, false);
    if (!user.is_object() || !user.contains("id")) {
        return fail(Errc::internal, "a stored user is damaged");
    }
    return user;
}

/// For the audit log.
json public_part(json user)
{
    user.erase("password_hash");
    user.erase("epoch");
    return user;
}

tl::unexpected<Error> name_taken()
{
    return fail(Errc::conflict, "there is a user of this name already",
                {{"username", "exists already"}});
}

tl::unexpected<Error> last_admin()
{
    return fail(Errc::conflict, "this is the last enabled admin: make another one first");
}

tl::unexpected<Error> outrun()
{
    return fail(Errc::unavailable, "users are being changed by many others: try again");
}

/// `false` on a lost race, so that the whole change is tried anew.
template <class T>
bool lost(const Result<T>& done)
{
    return !done && done.error().code == Errc::precondition;
}

}  // namespace

const Rule& user_rule()
{
    static const Rule rule = rules::object({
        {"id", rules::text(16, 16).ours()},
        {"username", rules::text(1, 64).with(username_format)},
        {"role", rules::choice({"viewer", "operator", "admin"})},
        {"password", rules::text(10, 200).secret()},
        {"enabled", rules::boolean(true)},
        {"created_at", rules::text(1, 40).ours()},
        {"updated_at", rules::text(1, 40).ours()},
        {"last_login_at", rules::text(1, 40).or_null().ours()},
        {"version", rules::integer(0, INT64_MAX, 0).ours()},
    });
    return rule;
}

std::string lower_username(std::string name)
{
    for (auto& c : name) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return name;
}

Result<json> Users::create(const Caller& by, const json& body)
{
    Findings findings;
    check(user_rule(), body, "", findings);
    for (const auto* field : {"username", "role", "password"}) {
        if (body.is_object() && !body.contains(field)) findings.add(field, "must be given");
    }
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    auto user = complete(user_rule(), body);
    auto hash = passwords_.hash(user.at("password"));
    if (!hash) return tl::unexpected(hash.error());
    const auto now = format_timestamp(now_s());
    user.erase("password");
    user["id"] = random_hex(kIdBytes);
    user["username"] = lower_username(user.at("username"));
    user["password_hash"] = *hash;
    user["epoch"] = 0;
    user["created_at"] = now;
    user["updated_at"] = now;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        auto made = try_create(by, user);
        if (!lost(made)) return made;
    }
    return outrun();
}

Result<json> Users::try_create(const Caller& by, const json& user)
{
    const auto name = schema::username(user.at("username").get<std::string>());
    auto taken = store_.get(name);
    if (!taken) return tl::unexpected(taken.error());
    if (*taken) return name_taken();
    const auto id = user.at("id").get<std::string>();
    auto census = count(id);
    if (!census) return tl::unexpected(census.error());
    if (census->users >= kMaxUsers) {
        return fail(Errc::conflict, "there are 1000 users already: delete some");
    }
    auto done = store_.commit(
        {store::put(schema::user(id), user.dump(), 0), store::put(name, id, 0),
         store::put(std::string(schema::kCensus), "{}", census->version),
         audit::entry(by, {"user.create", id, nullptr, public_part(user), &user_rule()})});
    if (!done) return tl::unexpected(done.error());
    return shown(user, *done);
}

Result<Users::Stored> Users::find(std::string_view id) const
{
    if (!is_user_id(id)) return fail(Errc::not_found, "there is no such user");
    auto entry = store_.get(schema::user(id));
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return fail(Errc::not_found, "there is no such user");
    auto user = parse_user(**entry);
    if (!user) return tl::unexpected(user.error());
    return Stored{std::move(*user), (*entry)->version};
}

Result<Users::Census> Users::count(std::string_view besides) const
{
    // Before the list: a change between the two makes the commit fail.
    auto entry = store_.get(schema::kCensus);
    if (!entry) return tl::unexpected(entry.error());
    Census census{.version = *entry ? (*entry)->version : 0};
    auto all = store_.list(schema::kUsers, "", kMaxUsers);
    if (!all) return tl::unexpected(all.error());
    for (const auto& each : all->items) {
        auto user = parse_user(each);
        if (!user) return tl::unexpected(user.error());
        ++census.users;
        if (is_admin(*user) && user->at("id") != besides) ++census.other_admins;
    }
    return census;
}

Result<json> Users::shown(const json& user, std::uint64_t version) const
{
    auto out = public_part(user);
    auto login = store_.get(schema::login(user.at("id").get<std::string>()));
    if (!login) return tl::unexpected(login.error());
    out["last_login_at"] = nullptr;
    if (*login) {
        const auto& text = (*login)->value;
        std::int64_t at = 0;
        std::from_chars(text.data(), text.data() + text.size(), at);
        out["last_login_at"] = format_timestamp(at);
    }
    out["version"] = version;
    return out;
}

Result<json> Users::get(std::string_view id) const
{
    return find(id).and_then(
        [this](const Stored& stored) { return shown(stored.user, stored.version); });
}

Result<json> Users::list(std::size_t limit, std::string_view cursor, std::string_view q) const
{
    const auto after = cursor.empty() ? std::string() : schema::user(cursor);
    auto all = store_.list(schema::kUsers, after, kMaxUsers);
    if (!all) return tl::unexpected(all.error());
    const auto part = lower_username(std::string(q));
    json items = json::array();
    json next;
    for (const auto& entry : all->items) {
        auto user = parse_user(entry);
        if (!user) return tl::unexpected(user.error());
        if (user->at("username").get<std::string>().find(part) == std::string::npos) continue;
        if (items.size() == limit) {
            next = items.back().at("id");
            break;
        }
        auto item = shown(*user, entry.version);
        if (!item) return item;
        items.push_back(std::move(*item));
    }
    return json{{"items", std::move(items)}, {"next_cursor", next}};
}

Result<json> Users::patch(const Caller& by, std::string_view id, const json& change,
                          const std::optional<IfMatch>& match)
{
    Findings findings;
    check(user_rule(), change, "", findings);
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    std::string hash;
    if (change.contains("password")) {
        auto made = passwords_.hash(change.at("password"));
        if (!made) return tl::unexpected(made.error());
        hash = std::move(*made);
    }
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        auto stored = find(id);
        if (!stored) return tl::unexpected(stored.error());
        if (match && !match->holds(stored->version)) {
            return fail(
                Errc::precondition,
                "the user has version " + std::to_string(stored->version) + " now: read it again");
        }
        auto next = stored->user;
        for (const auto* field : {"username", "role", "enabled"}) {
            if (change.contains(field)) next[field] = change.at(field);
        }
        next["username"] = lower_username(next.at("username"));
        auto written = write(by, *stored, std::move(next), hash);
        if (!lost(written)) return written;
    }
    return outrun();
}

Result<json> Users::write(const Caller& by, const Stored& before, json next,
                          const std::string& password)
{
    const auto& was = before.user;
    const auto id = was.at("id").get<std::string>();
    auto shown_before = public_part(was);
    auto shown_after = public_part(next);
    std::vector<store::Operation> work;
    if (next.at("username") != was.at("username")) {
        const auto name = schema::username(next.at("username").get<std::string>());
        auto taken = store_.get(name);
        if (!taken) return tl::unexpected(taken.error());
        if (*taken) return name_taken();
        work.push_back(store::put(name, id, 0));
        work.push_back(store::remove(schema::username(was.at("username").get<std::string>())));
    }
    if (is_admin(was) != is_admin(next)) {
        auto census = count(id);
        if (!census) return tl::unexpected(census.error());
        if (is_admin(was) && census->other_admins == 0) return last_admin();
        work.push_back(store::put(std::string(schema::kCensus), "{}", census->version));
    }
    if (!password.empty()) {
        next["password_hash"] = password;
        // Two values that differ: the audit log shows that it changed, and nothing else of it.
        shown_before["password"] = "before";
        shown_after["password"] = "after";
    }
    if (!password.empty() || next.at("enabled") == false) {
        // Also sessions that are being made at this moment, with the old password, are over.
        next["epoch"] = was.value("epoch", std::int64_t{0}) + 1;
        if (auto done = append_end_of_sessions(id, work); !done)
            return tl::unexpected(done.error());
    }
    next["updated_at"] = format_timestamp(now_s());
    work.push_back(store::put(schema::user(id), next.dump(), before.version));
    work.push_back(audit::entry(by, {"user.update", id, shown_before, shown_after, &user_rule()}));
    auto done = store_.commit(std::move(work));
    if (!done) return tl::unexpected(done.error());
    return shown(next, before.version + 1);
}

Result<void> Users::append_end_of_sessions(std::string_view id,
                                           std::vector<store::Operation>& work) const
{
    auto held = store_.list(Sessions::prefix_of(id), "", Sessions::kMaxPerUser);
    if (!held) return tl::unexpected(held.error());
    for (const auto& session : held->items) {
        work.push_back(store::remove(session.key));
        work.push_back(store::remove(LastUse::key_of(session.key)));
    }
    return {};
}

Result<void> Users::remove(const Caller& by, std::string_view id,
                           const std::optional<IfMatch>& match)
{
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        auto stored = find(id);
        if (!stored) return tl::unexpected(stored.error());
        if (match && !match->holds(stored->version)) {
            return fail(Errc::precondition, "the user has another version now: read it again");
        }
        auto removed = try_remove(by, *stored);
        if (!lost(removed)) return removed;
    }
    return outrun();
}

Result<void> Users::try_remove(const Caller& by, const Stored& stored)
{
    const auto id = stored.user.at("id").get<std::string>();
    auto census = count(id);
    if (!census) return tl::unexpected(census.error());
    if (is_admin(stored.user) && census->other_admins == 0) return last_admin();
    std::vector<store::Operation> work{
        store::remove(schema::user(id), stored.version),
        store::remove(schema::username(stored.user.at("username").get<std::string>())),
        store::remove(schema::login(id)),
        store::put(std::string(schema::kCensus), "{}", census->version),
        audit::entry(by, {"user.delete", id, public_part(stored.user), nullptr, &user_rule()})};
    if (auto done = append_end_of_sessions(id, work); !done) return done;
    return store_.commit(std::move(work)).map([](store::Revision) {});
}

Result<void> Users::change_password(const Caller& by, const json& body)
{
    static const Rule rule = rules::object(
        {{"current", rules::text(1, 200).secret()}, {"new", rules::text(10, 200).secret()}});
    Findings findings;
    check(rule, body, "", findings);
    for (const auto* field : {"current", "new"}) {
        if (body.is_object() && !body.contains(field)) findings.add(field, "must be given");
    }
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    auto known = account(by.id);
    if (!known) return tl::unexpected(known.error());
    if (!*known) return fail(Errc::not_found, "a token is no user and has no password");
    if (auto right = check_current(by, **known, body.at("current")); !right) return right;
    return patch(by, by.id, {{"password", body.at("new")}}).map([](const json&) {});
}

/// Who holds another's session must not find out the password with it.
Result<void> Users::check_current(const Caller& by, const Account& account,
                                  const std::string& password)
{
    if (const auto wait = guesses_.attempt(account.username, by.address, now_s())) {
        return too_many_attempts(*wait);
    }
    auto right = passwords_.matches(password, account.password_hash);
    if (!right) return tl::unexpected(right.error());
    if (*right) {
        guesses_.succeeded(account.username, by.address, now_s());
        return {};
    }
    if (const auto failures = guesses_.failures_to_tell(now_s()); failures > 0) {
        auto noted = store_.commit({audit::entry(
            by, {"user.password_refuse", account.id, nullptr, {{"failures", failures}}})});
        if (!noted) return tl::unexpected(noted.error());
    }
    return fail(Errc::invalid, "current is not your password",
                {{"current", "is not your password"}});
}

Result<std::optional<Users::Account>> Users::account(std::string_view id) const
{
    auto stored = find(id);
    if (!stored && stored.error().code == Errc::not_found) return std::optional<Account>{};
    if (!stored) return tl::unexpected(stored.error());
    const auto& user = stored->user;
    return std::optional{Account{.id = user.at("id"),
                                 .username = user.value("username", ""),
                                 .role = scope_named(user.value("role", "")),
                                 .enabled = user.value("enabled", false),
                                 .password_hash = user.value("password_hash", ""),
                                 .epoch = user.value("epoch", std::int64_t{0})}};
}

Result<std::optional<Users::Account>> Users::account_named(std::string_view username) const
{
    // What can be no name is not looked for: it may be longer than a key.
    const auto name = lower_username(std::string(username.substr(0, 65)));
    if (name.empty() || name.size() > 64 || username_format(name)) return std::optional<Account>{};
    auto entry = store_.get(schema::username(name));
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return std::optional<Account>{};
    return account((*entry)->value);
}

Result<std::size_t> Users::size() const
{
    return store_.list(schema::kUsers, "", kMaxUsers).map([](const store::Page& page) {
        return page.items.size();
    });
}

}  // namespace sluice::control
