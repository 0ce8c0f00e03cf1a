#include "clean_text.hpp"

#include <nlohmann/json.hpp>

namespace sluice::control {

std::string clean_text(std::string_view text, std::size_t most)
{
    using nlohmann::json;
    constexpr std::size_t kLongestCharacter = 4;
    // A character that this cuts begins too far behind to be in the answer.
    const json raw = text.substr(0, most + kLongestCharacter);
    auto clean =
        json::parse(raw.dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
    if (clean.size() <= most) return clean;
    auto end = most;
    while (end > 0 && (static_cast<unsigned char>(clean[end]) & 0xc0) == 0x80) --end;
    return clean.substr(0, end);
}

}  // namespace sluice::control
