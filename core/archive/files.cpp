#include "files.hpp"

#include <algorithm>

#include "record.hpp"

namespace sluice::archive {
namespace {

char letter_of(package::Lane lane)
{
    return lane == package::Lane::audio ? 'a' : 'v';
}

bool is_number(std::string_view text)
{
    return !text.empty() && text.size() <= 20 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string index_path(std::string_view folder)
{
    return std::string(folder) + "/index";
}

std::string init_name(std::uint64_t period, package::Lane lane)
{
    return std::to_string(period) + '-' + letter_of(lane) + ".mp4";
}

std::string media_name(std::uint64_t period, package::Lane lane, std::uint64_t first)
{
    return std::to_string(period) + '-' + letter_of(lane) + '-' + std::to_string(first) + ".m4s";
}

std::string init_path(std::string_view folder, std::uint64_t period, package::Lane lane)
{
    return std::string(folder) + '/' + init_name(period, lane);
}

std::string media_path(std::string_view folder, std::uint64_t period, package::Lane lane,
                       std::uint64_t first)
{
    return std::string(folder) + '/' + media_name(period, lane, first);
}

bool is_media_name(std::string_view name)
{
    const auto dash = name.find('-');
    if (dash == std::string_view::npos || !is_number(name.substr(0, dash))) return false;
    const auto rest = name.substr(dash + 1);
    if (rest == "v.mp4" || rest == "a.mp4") return true;
    const bool media = rest.starts_with("v-") || rest.starts_with("a-");
    return media && rest.ends_with(".m4s") && rest.size() > 6 &&
           is_number(rest.substr(2, rest.size() - 6));
}

std::uint32_t sum_of(const Record& record)
{
    constexpr std::uint32_t kBasis = 2166136261;
    constexpr std::uint32_t kPrime = 16777619;
    const auto* bytes = reinterpret_cast<const unsigned char*>(&record);
    std::uint32_t sum = kBasis ^ static_cast<std::uint32_t>(record.kind);
    for (std::size_t i = offsetof(Record, period); i < sizeof(Record); ++i) {
        sum = (sum ^ bytes[i]) * kPrime;
    }
    return sum;
}

}  // namespace sluice::archive
