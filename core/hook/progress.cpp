#include "progress.hpp"

#include <algorithm>
#include <charconv>

namespace sluice::hook {
namespace {

/// The number that the text begins with: "1.01x", "  25"; left alone by "N/A".
template <class Number>
void read(std::string_view text, Number& number)
{
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    Number value{};
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc())
        number = value;
}

}  // namespace

std::optional<Progress> ProgressReader::add(std::string_view bytes)
{
    std::optional<Progress> newest;
    lines_.add(bytes, [&](std::string_view line, bool) {
        if (!take(line)) return;
        newest = block_;
        block_ = {};
    });
    return newest;
}

/// True when the line closes a block.
bool ProgressReader::take(std::string_view line)
{
    const auto equals = line.find('=');
    if (equals == line.npos) return false;
    const auto key = line.substr(0, equals);
    const auto value = line.substr(equals + 1);
    if (key == "frame") read(value, block_.frame);
    if (key == "fps") read(value, block_.fps);
    if (key == "speed") read(value, block_.speed);
    if (key == "out_time_us") read(value, block_.out_time_us);
    if (key == "drop_frames") read(value, block_.dropped);
    if (key == "dup_frames") read(value, block_.duplicated);
    return key == "progress";
}

}  // namespace sluice::hook
