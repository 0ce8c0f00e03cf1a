#include "query.hpp"

namespace sluice::auth {

std::optional<std::string_view> find_parameter(std::string_view query, std::string_view name)
{
    if (query.starts_with('?')) query.remove_prefix(1);
    while (!query.empty()) {
        const auto pair = query.substr(0, query.find('&'));
        const auto equals = pair.find('=');
        if (pair.substr(0, equals) == name) {
            return equals == std::string_view::npos ? pair.substr(pair.size())
                                                    : pair.substr(equals + 1);
        }
        if (pair.size() == query.size()) break;
        query.remove_prefix(pair.size() + 1);
    }
    return std::nullopt;
}

std::string without_parameter(std::string_view query, std::string_view name)
{
    if (query.starts_with('?')) query.remove_prefix(1);
    std::string rest;
    while (!query.empty()) {
        const auto pair = query.substr(0, query.find('&'));
        if (pair.substr(0, pair.find('=')) != name) {
            if (!rest.empty()) rest += '&';
            rest += pair;
        }
        if (pair.size() == query.size()) break;
        query.remove_prefix(pair.size() + 1);
    }
    return rest;
}

}  // namespace sluice::auth
