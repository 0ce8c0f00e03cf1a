#include "conditional.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace sluice::control::http {
namespace {

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// The text between the quotes of one entity tag; nullopt when it is none.
std::optional<std::string_view> tag_text(std::string_view tag)
{
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag.size() < 2 || tag.front() != '"' || tag.back() != '"') return std::nullopt;
    return tag.substr(1, tag.size() - 2);
}

/// nullopt when an element of the list is no entity tag. Tags that can't be ours match nothing.
std::optional<IfMatch> parse(std::string_view header)
{
    IfMatch match;
    if (trimmed(header) == "*") {
        match.any = true;
        return match;
    }
    while (!header.empty()) {
        const auto end = std::min(header.find(','), header.size());
        const auto text = tag_text(trimmed(header.substr(0, end)));
        header.remove_prefix(std::min(end + 1, header.size()));
        if (!text) return std::nullopt;
        std::uint64_t version = 0;
        const auto* last = text->data() + text->size();
        const auto [at, error] = std::from_chars(text->data(), last, version);
        if (error == std::errc() && at == last) match.versions.push_back(version);
    }
    return match;
}

}  // namespace

std::string etag(std::uint64_t version)
{
    return "\"" + std::to_string(version) + "\"";
}

Result<std::optional<IfMatch>> if_match(std::string_view header)
{
    if (header.empty()) return std::optional<IfMatch>{};
    auto match = parse(header);
    if (!match) {
        return fail(Errc::invalid, "If-Match must be an ETag as it was answered, or *",
                    {{"If-Match", "must be an ETag such as \"7\", or *"}});
    }
    return match;
}

bool none_match_holds(std::string_view header, std::uint64_t version)
{
    const auto match = parse(header);
    return !header.empty() && match && match->holds(version);
}

}  // namespace sluice::control::http
