#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::control {

/// What a caller may do: each scope includes the ones before it.
enum class Scope : std::uint8_t { viewer, operator_, admin };

inline constexpr std::array<std::string_view, 3> kScopeNames{"viewer", "operator", "admin"};

constexpr std::string_view to_string(Scope scope)
{
    return kScopeNames.at(static_cast<std::size_t>(scope));
}

/// Who is asking. Holds no secret: all of it may go to the audit log.
struct Caller {
    enum class Kind : std::uint8_t {
        token,   ///< one of /tokens, or the installation's own
        user,    ///< somebody signed in
        system,  ///< Sluice itself: the command line, a rule, a clock
        nobody,  ///< no credentials, where none are needed
    };

    std::string id;  ///< of the token or user; "admin" for the installation's own token
    Scope scope = Scope::viewer;
    Kind kind = Kind::token;
    std::string name;     ///< as people know it; may be empty
    std::string address;  ///< where the request came from; empty for the system
    std::string session;  ///< id of the session, of somebody signed in

    /// `what` is doing it: "start".
    static Caller system(std::string what)
    {
        return {std::move(what), Scope::admin, Kind::system, {}, {}, {}};
    }
};

/// The scope of a stored name; the smallest one for a name that is none.
constexpr Scope scope_named(std::string_view name)
{
    for (std::size_t i = 0; i < kScopeNames.size(); ++i) {
        if (kScopeNames.at(i) == name) return static_cast<Scope>(i);
    }
    return Scope::viewer;
}

constexpr std::string_view to_string(Caller::Kind kind)
{
    constexpr std::array<std::string_view, 4> names{"token", "user", "system", "nobody"};
    return names.at(static_cast<std::size_t>(kind));
}

}  // namespace sluice::control
