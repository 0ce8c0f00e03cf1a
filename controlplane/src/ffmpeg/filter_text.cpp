#include "filter_text.hpp"

namespace sluice::control::ffmpeg {
namespace {

/// Those that mean something at either of the two levels (ffmpeg-filters(1), "Notes on filtergraph
/// escaping"), and white space, which is trimmed at the ends of a value.
constexpr std::string_view kSpecial = "\\':[],; \t\n\r";

std::string escaped(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (kSpecial.find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

}  // namespace

/// Once for the filter, which splits its options, once for the graph, which splits filters.
std::string filter_text(std::string_view text)
{
    return escaped(escaped(text));
}

}  // namespace sluice::control::ffmpeg
