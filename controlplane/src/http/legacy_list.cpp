#include "legacy_list.hpp"

#include <algorithm>

#include "paging.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

/// All channels of any installation that the older API was made for; about 15 MB of text.
constexpr PageSize kPageSize{.preset = 10'000, .most = 10'000};
constexpr std::size_t kStep = 500;  ///< channels in memory at one time

std::string percent_encode(std::string_view text)
{
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (plain) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += {'%', kDigits[byte >> 4], kDigits[byte & 0xf]};
    }
    return out;
}

/// RFC 8288: where the list goes on.
std::string next_link(const Request& request, const std::string& cursor)
{
    auto target = std::string(request.path) + "?cursor=" + percent_encode(cursor);
    for (const auto& [name, value] : request.query) {
        if (name != "cursor") target += "&" + name + "=" + percent_encode(value);
    }
    return "<" + target + ">; rel=\"next\"";
}

}  // namespace

Result<LegacyList> legacy_list(const Request& request, Channels& channels, const LegacyShow& show,
                               const Channels::Wanted& wanted)
{
    static const std::vector<Filter> filters{{"q", rules::text(1, 200)}};
    auto paging = paging_of(request, filters, kPageSize);
    if (!paging) return tl::unexpected(paging.error());
    LegacyList list{.items = "[", .link = {}};
    auto cursor = paging->cursor;
    for (auto left = paging->limit; left > 0;) {
        auto page = channels.documents(std::min(left, kStep), cursor, paging->filter("q"), wanted);
        if (!page) return tl::unexpected(page.error());
        for (const auto& channel : page->items) {
            if (list.items.size() > 1) list.items += ',';
            list.items += show(channel).dump();
        }
        left -= std::min(left, kStep);
        cursor = page->next_cursor.value_or("");
        if (cursor.empty()) break;
    }
    if (!cursor.empty()) list.link = next_link(request, paging->mark + cursor);
    list.items += ']';
    return list;
}

}  // namespace sluice::control::http
