#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../service/tokens.hpp"

namespace sluice::control::http {

/// A request as handlers see it: nothing of the server library shows.
struct Request {
    std::string method;
    std::string path;                            ///< as it was sent, without the query
    std::map<std::string, std::string> query;    ///< percent-decoded
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;

    std::string place;  ///< the path as its route writes it: decoded, no slash too many
    std::map<std::string, std::string> params;  ///< of the route's pattern, percent-decoded
    Caller caller;                              ///< set for routes that ask for a scope

    /// Empty when it was not sent.
    std::string_view header(const std::string& lower_case_name) const;
    std::string_view parameter(const std::string& name) const;
    const std::string& param(const std::string& name) const { return params.at(name); }
};

struct Reply {
    int status = 200;
    std::string body;  ///< not sent for HEAD, but its length is
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers;

    /// Set for a reply that is not known yet: all else is empty. Called once, with what sends the
    /// reply: from any thread, once. It is the connection's last.
    std::function<void(std::function<void(Reply)> send)> later;

    Reply with(std::string name, std::string value) &&;
};

Reply json_reply(int status, const nlohmann::json& body);
Reply empty_reply(int status);

/// `%41` → `A`; `+` stays. nullopt for a broken escape and for an escaped zero byte.
std::optional<std::string> percent_decode(std::string_view text);

/// `a=b&c=d`, decoded; `+` is a space, as forms send it. nullopt for a broken escape.
std::optional<std::map<std::string, std::string>> parse_query(std::string_view text);

}  // namespace sluice::control::http
