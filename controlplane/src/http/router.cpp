#include "router.hpp"

#include <algorithm>
#include <exception>
#include <typeinfo>
#include <utility>

#include "../service/clean_text.hpp"
#include "../service/rule.hpp"
#include "preference.hpp"
#include "problem.hpp"

namespace sluice::control::http {
namespace {

std::vector<std::string> split(std::string_view path)
{
    std::vector<std::string> segments;
    while (!path.empty()) {
        const auto end = std::min(path.find('/'), path.size());
        // Empty ones are dropped: a trailing or a doubled slash names the same thing.
        if (end > 0) segments.emplace_back(path.substr(0, end));
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return segments;
}

bool is_param(const std::string& segment)
{
    return segment.starts_with('{');
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path)
{
    if (pattern.size() != path.size()) return false;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (!is_param(pattern[i]) && pattern[i] != path[i]) return false;
    }
    return true;
}

/// nullopt when one has a broken escape.
std::optional<std::vector<std::string>> decoded(std::vector<std::string> segments)
{
    for (auto& segment : segments) {
        auto text = percent_decode(segment);
        if (!text) return std::nullopt;
        segment = std::move(*text);
    }
    return segments;
}

Result<void> check_parameters(const Request& request, const Parameters& known)
{
    if (known.unchecked) return {};
    Findings findings;
    for (const auto& [name, value] : request.query) {
        if (std::ranges::find(known.names, name) != known.names.end()) continue;
        findings.add(clean_text(name, kShownName), "is not a known parameter");
    }
    return findings.verdict();
}

std::string allowed(const std::map<std::string, bool>& methods)
{
    std::string list;
    for (const auto& [name, there] : methods) list += (list.empty() ? "" : ", ") + name;
    return list;
}

}  // namespace

void Router::add(std::string method, std::string_view pattern, std::optional<Scope> scope,
                 Handler handler, Parameters parameters)
{
    auto route = std::find_if(routes_.begin(), routes_.end(),
                              [&](const Route& known) { return known.pattern == pattern; });
    if (route == routes_.end()) {
        route = routes_.insert(routes_.end(), {std::string(pattern), split(pattern), {}});
    }
    route->methods[std::move(method)] = {scope, std::move(handler), std::move(parameters)};
}

std::vector<const Router::Route*> Router::find(const std::vector<std::string>& segments) const
{
    std::vector<const Route*> found;
    for (const auto& route : routes_) {
        if (matches(route.segments, segments)) found.push_back(&route);
    }
    return found;
}

Router::Outcome Router::dispatch(Request request) const
{
    const auto language = std::string(request.header("accept-language"));
    try {
        const auto segments = decoded(split(request.path));
        const auto routes = segments ? find(*segments) : std::vector<const Route*>();
        if (routes.empty()) {
            return {problem(404, "there is nothing at this address", language), "", "no route"};
        }
        return run(routes, *segments, request);
    } catch (const std::exception& e) {
        // What a library says may quote its input: only the kind of failure goes to the log.
        return {problem(500, "something went wrong inside", language), request.method + " ?",
                std::string("exception ") + typeid(e).name()};
    }
}

Router::Outcome Router::run(const std::vector<const Route*>& routes,
                            const std::vector<std::string>& segments, Request& request) const
{
    const auto language = std::string(request.header("accept-language"));
    const auto wanted = request.method == "HEAD" ? std::string("GET") : request.method;
    const auto taken = std::ranges::find_if(
        routes, [&](const Route* route) { return route->methods.contains(wanted); });
    if (taken == routes.end()) {
        const auto name = request.method + " " + routes.front()->pattern;
        std::map<std::string, bool> methods{{"OPTIONS", true}};
        for (const auto* route : routes) {
            for (const auto& [known, handler] : route->methods) methods[known] = true;
        }
        if (methods.contains("GET")) methods["HEAD"] = true;
        if (request.method == "OPTIONS") {
            return {empty_reply(204).with("Allow", allowed(methods)), name, ""};
        }
        auto reply = problem(405, "this address does not know the method", language);
        return {std::move(reply).with("Allow", allowed(methods)), name, "method not allowed"};
    }
    const auto& route = **taken;
    const auto name = request.method + " " + route.pattern;
    const auto method = route.methods.find(wanted);
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const auto& part = route.segments[i];
        request.place += "/" + segments[i];
        if (is_param(part)) request.params[part.substr(1, part.size() - 2)] = segments[i];
    }
    // The older API is used by programs that never looked at this.
    const bool strict = request.place.starts_with("/api/");
    const bool json_fits = !strict || accepts_json(request.header("accept"));
    const auto refused = [&] {
        return Outcome{problem(406, "the answer would be application/json", language), name,
                       "not acceptable"};
    };
    // What changes something must not be done and then refused; all that is answered is JSON.
    if (!json_fits && wanted != "GET") return refused();
    auto answer = call(method->second, request);
    if (answer && !json_fits && answer->content_type == "application/json") return refused();
    if (answer) return {std::move(*answer), name, ""};
    return {problem(answer.error(), language), name, answer.error().detail};
}

Answer Router::call(const Method& method, Request& request) const
{
    if (method.scope) {
        auto caller = authenticate_(request);
        if (!caller) return tl::unexpected(caller.error());
        if (caller->scope < *method.scope) {
            return fail(Errc::forbidden, "this needs a token with the scope " +
                                             std::string(to_string(*method.scope)));
        }
        request.caller = std::move(*caller);
        // nginx states whom it talks to, and replaces whatever the caller sent.
        request.caller.address = request.header("x-forwarded-for");
    }
    if (auto known = check_parameters(request, method.parameters); !known) {
        return tl::unexpected(known.error());
    }
    return method.handler(request);
}

}  // namespace sluice::control::http
