#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../result.hpp"
#include "message.hpp"

namespace sluice::control::http {

/// What a route says: a reply, or an error that the router turns into one.
using Answer = Result<Reply>;
using Handler = std::function<Answer(const Request&)>;

/// The query parameters that a route knows; a request with another one is refused before its
/// handler runs, because it asks for something that would not be done.
struct Parameters {
    std::vector<std::string> names;
    bool unchecked = false;
};

/// The handler looks at all of them itself, as those of lists do.
inline const Parameters kOwnParameters{.names = {}, .unchecked = true};

/// Finds the handler of a request and keeps everything around it in one place: HEAD, OPTIONS,
/// 404, 405, authentication, scopes, unknown parameters, exceptions, problem documents.
class Router {
public:
    /// Turns the request's credentials into a caller. Errc::unauthorized without good ones.
    using Authenticate = std::function<Result<Caller>(const Request&)>;

    explicit Router(Authenticate authenticate) : authenticate_(std::move(authenticate)) {}

    /// `pattern`: `/api/v1/channels/{id}`. Without `scope` the route is open to everybody.
    /// Patterns may overlap (`/channels/{id}`, `/channels/batch`): the one that has the request's
    /// method is taken, and of several the one that was added first.
    void add(std::string method, std::string_view pattern, std::optional<Scope> scope,
             Handler handler, Parameters parameters = {});

    struct Outcome {
        Reply reply;
        std::string route;  ///< `GET /api/v1/channels/{id}`, for logs; empty when none matched
        std::string error;  ///< for logs: free of secrets
    };

    /// Never throws.
    Outcome dispatch(Request request) const;

private:
    struct Method {
        std::optional<Scope> scope;
        Handler handler;
        Parameters parameters;
    };
    struct Route {
        std::string pattern;
        std::vector<std::string> segments;
        std::map<std::string, Method> methods;
    };

    std::vector<const Route*> find(const std::vector<std::string>& segments) const;
    Outcome run(const std::vector<const Route*>& routes, const std::vector<std::string>& segments,
                Request& request) const;
    Answer call(const Method& method, Request& request) const;

    Authenticate authenticate_;
    std::vector<Route> routes_;
};

}  // namespace sluice::control::http
