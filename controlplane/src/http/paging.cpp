#include "paging.hpp"

#include <charconv>
#include <optional>

#include "../service/rule.hpp"
#include "core/auth/channel_id.hpp"

namespace sluice::control::http {
namespace {

constexpr std::size_t kMaxSearch = 200;

std::optional<std::size_t> number(std::string_view text)
{
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

void take(const std::string& name, const std::string& value, Paging& paging, Findings& findings)
{
    if (name == "limit") {
        const auto limit = number(value);
        if (limit && *limit >= 1 && *limit <= kMaxLimit) {
            paging.limit = *limit;
        } else {
            findings.add("limit", "must be a whole number of 1 to " + std::to_string(kMaxLimit));
        }
    } else if (name == "cursor") {
        paging.cursor = value;
        if (!value.empty() && !auth::is_channel_id(value)) {
            findings.add("cursor", "must be the next_cursor of an earlier answer");
        }
    } else if (name == "q") {
        paging.q = value;
        if (value.size() > kMaxSearch) findings.add("q", "must have at most 200 bytes");
    } else {
        findings.add(name.substr(0, 64), "is not a known parameter");
    }
}

}  // namespace

Result<Paging> paging_of(const Request& request)
{
    Paging paging;
    Findings findings;
    for (const auto& [name, value] : request.query) take(name, value, paging, findings);
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    return paging;
}

}  // namespace sluice::control::http
