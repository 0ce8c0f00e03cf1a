#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../store/store.hpp"
#include "caller.hpp"
#include "if_match.hpp"
#include "login_throttle.hpp"
#include "passwords.hpp"
#include "rule.hpp"

namespace sluice::control {

/// People who sign in, and what they may do. At most 1000. There is always one enabled admin left.
/// Documents that come out hold no password, nor its hash. Each change is one transaction with its
/// entry in the audit log and with the end of the sessions that must not outlive it.
class Users {
public:
    static constexpr std::size_t kMaxUsers = 1000;

    /// Store and passwords must outlive this.
    Users(store::Store& store, Passwords& passwords) : store_(store), passwords_(passwords) {}

    /// Body: {username, role, password, enabled}. Errors: malformed, invalid, conflict (the name is
    /// taken), throttled.
    Result<nlohmann::json> create(const Caller& by, const nlohmann::json& body);

    Result<nlohmann::json> get(std::string_view id) const;

    /// At most `limit` users after `cursor`, in order of their ids; `q` keeps those whose name
    /// contains it: `{"items", "next_cursor"}`.
    Result<nlohmann::json> list(std::size_t limit, std::string_view cursor,
                                std::string_view q) const;

    /// RFC 7396. A new password, and `enabled: false`, end all sessions of the user. Errors:
    /// not_found, malformed, invalid, precondition, conflict (the last admin; a name that is
    /// taken).
    Result<nlohmann::json> patch(const Caller& by, std::string_view id,
                                 const nlohmann::json& change,
                                 const std::optional<IfMatch>& match = {});

    /// Errors: not_found, precondition, conflict (the last admin).
    Result<void> remove(const Caller& by, std::string_view id,
                        const std::optional<IfMatch>& match = {});

    /// Body: {current, new}. Ends all sessions of the caller, this one too. Errc::invalid names
    /// `current` when it is wrong, which is noted in the audit log; Errc::throttled after too many
    /// of these; Errc::not_found for a caller that is no user.
    Result<void> change_password(const Caller& by, const nlohmann::json& body);

    /// What signing in needs to know of a user.
    struct Account {
        std::string id;
        std::string username;
        Scope role = Scope::viewer;
        bool enabled = false;
        std::string password_hash;
        std::int64_t epoch = 0;  ///< sessions of an earlier one are over
    };
    Result<std::optional<Account>> account(std::string_view id) const;
    Result<std::optional<Account>> account_named(std::string_view username) const;

    Result<std::size_t> size() const;

private:
    struct Stored {
        nlohmann::json user;
        std::uint64_t version = 0;
    };
    /// What must stay true while a change is made.
    struct Census {
        std::uint64_t version = 0;
        std::size_t users = 0;
        std::size_t other_admins = 0;  ///< enabled ones besides the one that is asked about
    };

    Result<Stored> find(std::string_view id) const;
    Result<Census> count(std::string_view besides) const;
    Result<nlohmann::json> shown(const nlohmann::json& user, std::uint64_t version) const;
    Result<void> append_end_of_sessions(std::string_view id,
                                        std::vector<store::Operation>& work) const;
    Result<nlohmann::json> write(const Caller& by, const Stored& before, nlohmann::json next,
                                 const std::string& password);
    Result<nlohmann::json> try_create(const Caller& by, const nlohmann::json& user);
    Result<void> check_current(const Caller& by, const Account& account,
                               const std::string& password);
    Result<void> try_remove(const Caller& by, const Stored& stored);

    store::Store& store_;
    Passwords& passwords_;
    LoginThrottle guesses_;  ///< of people's current passwords
};

/// What a user document may hold.
const Rule& user_rule();

/// Names are compared and kept in lower case.
std::string lower_username(std::string name);

}  // namespace sluice::control
