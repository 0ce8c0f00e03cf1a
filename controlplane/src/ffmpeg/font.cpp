#include "font.hpp"

#include <unistd.h>

#include <cstdint>
#include <initializer_list>

namespace sluice::control::ffmpeg {
namespace {

std::string first_of(std::initializer_list<const char*> files)
{
    for (const auto* file : files) {
        if (::access(file, R_OK) == 0) return file;
    }
    return {};
}

/// The next character of UTF-8, which JSON text is.
std::uint32_t take(std::string_view& text)
{
    const auto byte = static_cast<unsigned char>(text.front());
    std::size_t more = 0;
    while (more < 3 && byte >= 0xc0 && (byte << more & 0xc0) == 0xc0) ++more;
    std::uint32_t value = more > 0 ? byte & (0x3fu >> more) : byte;
    text.remove_prefix(1);
    for (; more > 0 && !text.empty(); --more, text.remove_prefix(1)) {
        value = value << 6 | (static_cast<unsigned char>(text.front()) & 0x3fu);
    }
    return value;
}

/// Arrows to dingbats, and the planes of emoji.
bool is_symbol(std::uint32_t c)
{
    return (c >= 0x2190 && c < 0x2e80) || (c >= 0x1f000 && c < 0x20000);
}

/// East Asian scripts and their full-width forms, and the planes of rare ideographs.
bool is_east_asian(std::uint32_t c)
{
    return (c >= 0x2e80 && c < 0xd800) || (c >= 0xf900 && c < 0xfb00) ||
           (c >= 0xfe30 && c < 0xfff0) || (c >= 0x20000 && c < 0x32000);
}

}  // namespace

Fonts installed_fonts()
{
    return {.text = first_of({"/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
                              "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
                              "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
                              "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"}),
            .symbols = first_of({"/usr/share/fonts/truetype/ancient-scripts/Symbola_hint.ttf",
                                 "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"})};
}

const std::string& font_for(std::string_view text, const Fonts& fonts)
{
    int symbols = 0;
    int east_asian = 0;
    while (!text.empty()) {
        const auto c = take(text);
        symbols += is_symbol(c) ? 1 : 0;
        east_asian += is_east_asian(c) ? 1 : 0;
    }
    return symbols > east_asian && !fonts.symbols.empty() ? fonts.symbols : fonts.text;
}

}  // namespace sluice::control::ffmpeg
