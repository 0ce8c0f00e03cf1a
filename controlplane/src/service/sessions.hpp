#pragma once

#include <cstdint>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "../store/store.hpp"
#include "caller.hpp"
#include "last_use.hpp"
#include "login_throttle.hpp"
#include "passwords.hpp"
#include "users.hpp"

namespace sluice::control {

/// People signed in. Only a hash of a session's secret is stored. A session is over when it was not
/// used for 12 hours, 7 days after it began, and when its user is disabled, deleted or gets another
/// password; a new role counts at once. The oldest ones end when there are too many. Thread-safe.
class Sessions {
public:
    static constexpr std::int64_t kIdleS = 12 * 3600;
    static constexpr std::int64_t kLongestS = 7 * 86400;
    static constexpr std::size_t kMaxPerUser = 20;
    static constexpr std::size_t kMaxInAll = 2000;

    using Clock = std::int64_t (*)();

    /// Everything must outlive this. `clock` is now_s(), or a test's.
    Sessions(store::Store& store, Users& users, Passwords& passwords, LastUse& uses, Clock clock);

    struct Opened {
        std::string secret;      ///< what the cookie holds
        nlohmann::json session;  ///< what the answer shows
    };

    /// Errc::throttled when `address` has to wait whatever it sends.
    Result<void> admit(const std::string& address);

    /// Body: {username, password}. `address` and `agent` tell people their sessions apart. Errors:
    /// malformed, invalid, unauthorized (whatever is wrong with name or password), throttled.
    Result<Opened> open(const nlohmann::json& body, const std::string& address,
                        const std::string& agent);

    /// The one signed in with `secret`; Errc::unauthorized when that is over.
    Result<Caller> authenticate(std::string_view secret) const;

    /// At most `limit` sessions after `cursor`; an admin sees all, others their own:
    /// `{"items", "next_cursor"}`.
    Result<nlohmann::json> list(const Caller& by, std::size_t limit, std::string_view cursor) const;

    /// Errc::not_found also for somebody else's, unless the caller is an admin.
    Result<nlohmann::json> get(const Caller& by, std::string_view id) const;
    Result<void> remove(const Caller& by, std::string_view id);

    /// Removes those that are over.
    Result<void> prune();

    /// Start of the keys of a user's sessions.
    static std::string prefix_of(std::string_view user);

private:
    Result<void> refuse(const std::string& user, const std::string& address);
    Result<Opened> begin(const Users::Account& account, const std::string& address,
                         const std::string& agent);
    Result<void> append_removal_of_oldest(const std::string& user,
                                          std::vector<store::Operation>& work) const;
    Result<nlohmann::json> find(std::string_view id) const;
    Result<std::optional<Users::Account>> owner_of(const nlohmann::json& session) const;
    Result<nlohmann::json> shown(const nlohmann::json& session, const Users::Account& owner,
                                 const Caller& by) const;

    store::Store& store_;
    Users& users_;
    Passwords& passwords_;
    LastUse& uses_;
    Clock clock_;
    LoginThrottle throttle_;
    std::mutex beginning_;  ///< held while one is made, so that their number stays bounded
};

}  // namespace sluice::control
