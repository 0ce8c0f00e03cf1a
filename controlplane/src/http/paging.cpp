#include "paging.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "../service/clean_text.hpp"
#include "../service/random.hpp"

namespace sluice::control::http {
namespace {

constexpr std::size_t kMaxCursor = 256;  ///< the longest key a list can stop at

std::optional<std::size_t> number(std::string_view text)
{
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// Short: it tells the lists of one Sluice apart, and keeps nobody from anything.
std::string mark_of(const std::string& place)
{
    return sha256_hex(place).substr(0, 6) + "-";
}

void take(const std::string& name, const std::string& value, Paging& paging,
          const std::vector<Filter>& filters, std::size_t most, Findings& findings)
{
    const auto filter = std::ranges::find(filters, name, &Filter::name);
    if (name == "limit") {
        const auto limit = number(value);
        if (limit && *limit >= 1 && *limit <= most) {
            paging.limit = *limit;
        } else {
            findings.add("limit", "must be a whole number of 1 to " + std::to_string(most));
        }
    } else if (name == "cursor") {
        const bool ours = value.empty() || value.starts_with(paging.mark);
        if (ours && !value.empty()) paging.cursor = value.substr(paging.mark.size());
        if (!ours || value.size() > kMaxCursor) {
            findings.add("cursor", "must be the next_cursor of an earlier answer of this list");
        }
    } else if (filter != filters.end()) {
        paging.filters[name] = value;
        // An empty one filters nothing.
        if (!value.empty()) check(filter->rule, value, name, findings);
    } else {
        findings.add(clean_text(name, kShownName), "is not a known parameter");
    }
}

}  // namespace

std::string Paging::filter(const std::string& name) const
{
    const auto given = filters.find(name);
    return given == filters.end() ? std::string() : given->second;
}

nlohmann::json Paging::answered(nlohmann::json page) const
{
    auto& next = page["next_cursor"];
    if (next.is_string()) next = mark + next.get<std::string>();
    return page;
}

Result<Paging> paging_of(const Request& request, const std::vector<Filter>& filters, PageSize size)
{
    Paging paging{.limit = size.preset,
                  .cursor = {},
                  .mark = size.plain_cursor ? std::string() : mark_of(request.place),
                  .filters = {}};
    Findings findings;
    for (const auto& [name, value] : request.query) {
        take(name, value, paging, filters, size.most, findings);
    }
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    return paging;
}

}  // namespace sluice::control::http
