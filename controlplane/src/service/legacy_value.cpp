#include <charconv>
#include <optional>

#include "color_name.hpp"
#include "legacy_field.hpp"
#include "legacy_relays.hpp"
#include "timestamp.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
using Kind = LegacyField::Kind;

LegacyValue good(json value)
{
    return {.value = std::move(value), .complaint = {}};
}

LegacyValue wrong_type(std::string wanted)
{
    return {.value = {}, .complaint = "must be " + std::move(wanted), .shape = true};
}

LegacyValue wrong_value(std::string wanted)
{
    return {.value = {}, .complaint = "must be " + std::move(wanted)};
}

std::string lower(std::string text)
{
    for (auto& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return text;
}

LegacyValue parse_boolean(const json& sent)
{
    constexpr auto kWanted = "true or false";
    if (sent.is_boolean()) return good(sent);
    if (!sent.is_string()) return wrong_type(kWanted);
    const auto text = lower(sent.get<std::string>());
    if (text == "true" || text == "false") return good(text == "true");
    return wrong_value(kWanted);
}

/// A number too large for 64 bits becomes the largest one: its range is judged with the channel.
LegacyValue parse_whole(const json& sent)
{
    constexpr auto kWanted = "a whole number";
    if (sent.is_number_integer()) return good(sent);
    if (sent.is_number_float()) return wrong_value(kWanted);
    if (!sent.is_string()) return wrong_type(kWanted);
    const auto& text = sent.get_ref<const std::string&>();
    long long number = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    if (end != last || error == std::errc::invalid_argument) return wrong_value(kWanted);
    if (error == std::errc::result_out_of_range) number = INT64_MAX;
    return good(number);
}

/// `2022-12-09` and `2022/12/9` as `2022-12-09`; nullopt for what is no day of the calendar.
std::optional<std::string> day_of(const std::string& text)
{
    const auto separator = text.find_first_of("-/");
    if (separator != 4) return std::nullopt;
    const auto second = text.find(text[separator], separator + 1);
    if (second == std::string::npos) return std::nullopt;
    const auto month = text.substr(5, second - 5);
    const auto day = text.substr(second + 1);
    if (month.empty() || month.size() > 2 || day.empty() || day.size() > 2) return std::nullopt;
    const auto pad = [](const std::string& part) { return part.size() < 2 ? "0" + part : part; };
    const auto date = text.substr(0, 4) + "-" + pad(month) + "-" + pad(day);
    return parse_timestamp(date + "T00:00:00Z") ? std::optional(date) : std::nullopt;
}

LegacyValue parse_day(const json& sent)
{
    if (!sent.is_string()) return wrong_type("a date such as 2030-12-09");
    const auto& text = sent.get_ref<const std::string&>();
    if (auto day = day_of(text)) return good(*day);
    const auto time = parse_timestamp(text);
    if (!time) return wrong_value("a date of the calendar such as 2030-12-09 or 2030/12/9");
    constexpr std::string_view kMidnight = "T00:00:00Z";
    auto utc = format_timestamp(*time);
    if (utc.ends_with(kMidnight)) utc.resize(utc.size() - kMidnight.size());
    return good(utc);
}

LegacyValue parse_codec(const std::string& text)
{
    for (const auto* name : {"libx264", "h264", "x264", "avc"}) {
        if (text == name) return good("libx264");
    }
    for (const auto* name : {"libx265", "h265", "x265", "hevc"}) {
        if (text == name) return good("libx265");
    }
    return wrong_value("libx264 or libx265 (or h264, h265, hevc)");
}

LegacyValue parse_color(const std::string& text)
{
    if (auto color = color_of(text)) return good(*color);
    return wrong_value("a colour such as #ffffff or red");
}

}  // namespace

LegacyValue parse_legacy(const LegacyField& field, const json& sent)
{
    // Forms send what was not filled in like this.
    if (sent.is_null() || sent == json("")) return good(field.preset);
    switch (field.kind) {
        case Kind::boolean:
            return parse_boolean(sent);
        case Kind::whole:
        case Kind::whole_or_none:
            return parse_whole(sent);
        case Kind::day:
            return parse_day(sent);
        case Kind::text:
        case Kind::urls:
        case Kind::codec:
        case Kind::color:
        case Kind::size:
            break;
    }
    if (!sent.is_string()) return wrong_type("a text");
    if (field.kind == Kind::urls) return good(tidy_relay_urls(sent.get<std::string>()));
    if (field.kind == Kind::codec) return parse_codec(lower(sent.get<std::string>()));
    if (field.kind == Kind::color) return parse_color(sent.get<std::string>());
    return good(sent);
}

}  // namespace sluice::control
